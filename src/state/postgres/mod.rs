//! The state as a row of a PostgreSQL table, in the schema that Terraform's `pg` backend makes, so that both tools can
//! take turns: `states (id, name, data)`, a row for each workspace, locked by an advisory lock on its id; the creation of
//! a row is locked by -1 (hashicorp/terraform, internal/backend/remote-state/pg).
//!
//! What Terraform does not have stands in tables of its own beside it: who holds a lock, and the journal.

mod address;
mod connection;
mod tls;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::Client;

use super::backend::{Backend, Held, LockFailure};
use super::journal::Mirror;
use super::lock::LockInfo;
use super::waiting::wait;
use super::{State, format};
use crate::diagnostic::Diagnostic;
use connection::{Failure, Link};

pub use address::{Address, Tls};

/// Which parts of the schema the user makes by hand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Skip {
    /// `skip_schema_creation`
    pub schema: bool,
    /// `skip_table_creation`
    pub table: bool,
    /// `skip_index_creation`
    pub index: bool,
}

/// The database that keeps the states of a stack's workspaces.
pub struct Database {
    link: Link,
    schema: String,
    skip: Skip,
    is_prepared: Mutex<bool>,
}

/// A state in a database.
pub struct PostgresBackend {
    row: Arc<Row>,
    journal: PathBuf,
}

struct Row {
    database: Arc<Database>,
    workspace: String,
}

/// The lock on a row: it lasts as long as the connection.
struct RowLock {
    row: Arc<Row>,
    key: Option<i64>,
}

impl Database {
    /// The database at an address; nobody is called yet.
    pub fn new(address: Address, schema: String, skip: Skip) -> Self {
        Self { link: Link::new(address), schema, skip, is_prepared: Mutex::new(false) }
    }

    fn table(&self, name: &str) -> String {
        format!("{}.{name}", quoted(&self.schema))
    }

    /// Connects, and makes what of the schema is not there.
    async fn client(&self) -> Result<Arc<Client>, Failure> {
        let client = self.link.client().await?;
        if *self.is_prepared.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(client);
        }
        if !self.skip.schema {
            let count = "SELECT count(1) FROM information_schema.schemata WHERE schema_name = $1";
            let there: i64 = client.query_one(count, &[&self.schema]).await?.try_get(0)?;
            if there < 1 {
                client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(&self.schema))).await?;
            }
        }
        let states = self.table("states");
        if !self.skip.table {
            client
                .batch_execute(&format!(
                    "CREATE SEQUENCE IF NOT EXISTS public.global_states_id_seq AS bigint; CREATE TABLE IF NOT EXISTS {states} \
                     (id bigint NOT NULL DEFAULT nextval('public.global_states_id_seq') PRIMARY KEY, name text UNIQUE, data text)"
                ))
                .await?;
        }
        if !self.skip.index {
            let index = format!("CREATE UNIQUE INDEX IF NOT EXISTS states_by_name ON {states} (name)");
            client.batch_execute(&index).await?;
        }
        *self.is_prepared.lock().unwrap_or_else(PoisonError::into_inner) = true;
        Ok(client)
    }

    /// Makes the tables that only Bowline has.
    async fn own_tables(&self, client: &Client) -> Result<(), Failure> {
        let (locks, journal) = (self.table("bowline_locks"), self.table("bowline_journal"));
        let there = "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL";
        if client.query_one(there, &[&locks, &journal]).await?.try_get(0)? {
            return Ok(());
        }
        client
            .batch_execute(&format!(
                "CREATE TABLE IF NOT EXISTS {locks} (name text PRIMARY KEY, pid int NOT NULL, info text NOT NULL); \
                 CREATE TABLE IF NOT EXISTS {journal} (name text NOT NULL, line bigint NOT NULL, data bytea NOT NULL, \
                 PRIMARY KEY (name, line))"
            ))
            .await?;
        Ok(())
    }

    /// The workspaces that have a row, without the default one.
    pub fn workspaces(&self) -> Result<Vec<String>, Diagnostic> {
        let listed = wait(async {
            let query = format!("SELECT name FROM {} WHERE name <> 'default' ORDER BY name", self.table("states"));
            let rows = self.client().await?.query(&query, &[]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<String>, Failure>>()
        })?;
        listed.map_err(|e| Diagnostic::error("Workspaces not known", format!("The workspaces cannot be listed: {e}")))
    }
}

impl PostgresBackend {
    /// The state of a workspace.
    pub fn new(database: Database, workspace: &str, journal: PathBuf) -> Self {
        let row = Row { database: Arc::new(database), workspace: workspace.to_owned() };
        Self { row: Arc::new(row), journal }
    }

    /// Removes the row.
    pub fn remove(&self) -> Result<(), Diagnostic> {
        let row = &self.row;
        let removed = wait(async {
            let client = row.database.client().await?;
            client.execute(&row.query("DELETE FROM {states} WHERE name = $1"), &[&row.workspace]).await?;
            Ok(())
        })?;
        removed.map_err(|e: Failure| row.failed("Workspace not deleted", "cannot be removed", &e))
    }
}

impl Row {
    fn label(&self) -> String {
        format!("postgres/{}/{}", self.database.schema, self.workspace)
    }

    fn query(&self, text: &str) -> String {
        let database = &self.database;
        text.replace("{states}", &database.table("states"))
            .replace("{locks}", &database.table("bowline_locks"))
            .replace("{journal}", &database.table("bowline_journal"))
    }

    fn failed(&self, summary: &str, what: &str, failure: &Failure) -> Diagnostic {
        Diagnostic::error(summary, format!("The state {} {what}: {failure}", self.label()))
    }

    /// The number that the row is locked by; makes the row when there is none, as Terraform does.
    async fn key(&self, client: &Client) -> Result<Option<i64>, Failure> {
        let find = self.query("SELECT id FROM {states} WHERE name = $1");
        if let Some(row) = client.query_opt(&find, &[&self.workspace]).await? {
            return Ok(Some(row.try_get(0)?));
        }
        if !try_advisory(client, CREATION).await? {
            return Ok(None);
        }
        let begun = String::from_utf8_lossy(&format::write(&State::begun())).into_owned();
        let insert = self.query("INSERT INTO {states} (name, data) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
        let inserted = client.execute(&insert, &[&self.workspace, &begun]).await;
        give_back(client, CREATION).await?;
        inserted?;
        Ok(Some(client.query_one(&find, &[&self.workspace]).await?.try_get(0)?))
    }

    async fn try_lock(&self, info: &LockInfo) -> Result<Result<i64, Option<LockInfo>>, Failure> {
        let client = self.database.client().await?;
        self.database.own_tables(&client).await?;
        let Some(key) = self.key(&client).await? else { return Ok(Err(self.holder(&client, CREATION).await?)) };
        if !try_advisory(&client, key).await? {
            return Ok(Err(self.holder(&client, key).await?));
        }
        let text = serde_json::to_string(info).unwrap_or_default();
        let say = self.query(
            "INSERT INTO {locks} (name, pid, info) VALUES ($1, pg_backend_pid(), $2) ON CONFLICT (name) DO UPDATE SET \
             pid = pg_backend_pid(), info = $2",
        );
        client.execute(&say, &[&self.workspace, &text]).await?;
        Ok(Ok(key))
    }

    /// Who holds a key: in their own words when it is Bowline, else as the server knows them.
    async fn holder(&self, client: &Client, key: i64) -> Result<Option<LockInfo>, Failure> {
        let who = "SELECT a.pid, coalesce(a.usename, '') || '@' || coalesce(host(a.client_addr), 'localhost'), \
                   a.backend_start::text, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database()) AND \
                   ((l.classid::bigint << 32) | l.objid::bigint) = $1 LIMIT 1";
        let Some(row) = client.query_opt(who, &[&key]).await? else { return Ok(None) };
        let pid: i32 = row.try_get(0)?;
        let said = self.query("SELECT info FROM {locks} WHERE name = $1 AND pid = $2");
        if let Some(row) = client.query_opt(&said, &[&self.workspace, &pid]).await?
            && let Ok(info) = serde_json::from_str(row.try_get(0)?)
        {
            return Ok(Some(info));
        }
        Ok(Some(LockInfo {
            id: format!("{PROCESS}{pid}"),
            who: row.try_get(1)?,
            created: row.try_get(2)?,
            info: row.try_get::<_, Option<String>>(3)?.unwrap_or_default(),
            path: self.label(),
            ..LockInfo::default()
        }))
    }

    async fn force_unlock(&self, id: &str) -> Result<Result<(), String>, Failure> {
        let client = self.database.client().await?;
        self.database.own_tables(&client).await?;
        let find = self.query("SELECT id FROM {states} WHERE name = $1");
        let key = client.query_opt(&find, &[&self.workspace]).await?.map(|row| row.try_get::<_, i64>(0)).transpose()?;
        let holder = match key {
            Some(key) => self.holder(&client, key).await?,
            None => self.holder(&client, CREATION).await?,
        };
        let Some(holder) = holder else { return Ok(Err(format!("{} is not locked.", self.label()))) };
        if holder.id != id {
            return Ok(Err(format!("The lock's ID is {:?}, not {id:?}. Nothing was changed.", holder.id)));
        }
        let pid = match id.strip_prefix(PROCESS).and_then(|pid| pid.parse::<i32>().ok()) {
            Some(pid) => pid,
            None => {
                let said = self.query("SELECT pid FROM {locks} WHERE name = $1");
                client.query_one(&said, &[&self.workspace]).await?.try_get(0)?
            }
        };
        // An advisory lock is its session's: it ends with that, and in no other way.
        let ended: bool = client.query_one("SELECT pg_terminate_backend($1)", &[&pid]).await?.try_get(0)?;
        Ok(if ended { Ok(()) } else { Err("The session that holds the lock could not be ended.".to_owned()) })
    }
}

impl Backend for PostgresBackend {
    fn label(&self) -> String {
        self.row.label()
    }

    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic> {
        let row = &self.row;
        let read = wait(async {
            let client = row.database.client().await?;
            let found =
                client.query_opt(&row.query("SELECT data FROM {states} WHERE name = $1"), &[&row.workspace]).await?;
            Ok(found.map(|found| found.try_get::<_, Option<String>>(0)).transpose()?.flatten())
        })?;
        let text = read.map_err(|e: Failure| row.failed("Unreadable state", "cannot be read", &e))?;
        Ok(text.map(String::into_bytes).filter(|bytes| !bytes.is_empty()))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let row = &self.row;
        let text = String::from_utf8_lossy(bytes).into_owned();
        let written = wait(async {
            let client = row.database.client().await?;
            let write = "INSERT INTO {states} (name, data) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET data = $2";
            client.execute(&row.query(write), &[&row.workspace, &text]).await?;
            Ok(())
        })?;
        written.map_err(|e: Failure| row.failed("State not written", "could not be replaced", &e))
    }

    fn try_lock(&self, info: &LockInfo) -> Result<Box<dyn Held>, LockFailure> {
        let row = self.row.clone();
        let locked = wait(row.try_lock(info)).map_err(LockFailure::Failed)?;
        let failed =
            |e: Failure| LockFailure::Failed(row.failed("Error acquiring the state lock", "cannot be locked", &e));
        match locked.map_err(failed)? {
            Ok(key) => {
                // Whoever is cut off has lost the lock: to connect anew in silence would be to write without it.
                row.database.link.stay();
                Ok(Box::new(RowLock { row: row.clone(), key: Some(key) }))
            }
            Err(holder) => Err(LockFailure::Taken(holder)),
        }
    }

    fn force_unlock(&self, id: &str) -> Result<(), Diagnostic> {
        let unlocked = wait(self.row.force_unlock(id))?;
        unlocked
            .map_err(|e| self.row.failed("Failed to unlock state", "cannot be unlocked", &e))?
            .map_err(|why| Diagnostic::error("Failed to unlock state", why))
    }

    fn journal_path(&self) -> PathBuf {
        self.journal.clone()
    }

    fn mirror(&self) -> Option<Arc<dyn Mirror>> {
        Some(Arc::new(JournalRows(self.row.clone())))
    }
}

impl RowLock {
    fn give_back(&mut self) -> Result<(), Diagnostic> {
        let Some(key) = self.key.take() else { return Ok(()) };
        let row = &self.row;
        let released = wait(async {
            let client = row.database.client().await?;
            let forget = row.query("DELETE FROM {locks} WHERE name = $1 AND pid = pg_backend_pid()");
            client.execute(&forget, &[&row.workspace]).await?;
            give_back(&client, key).await
        })?;
        row.database.link.leave();
        released.map_err(|e| row.failed("Error releasing the state lock", "could not be unlocked", &e))
    }
}

impl Held for RowLock {
    fn release(mut self: Box<Self>) -> Result<(), Diagnostic> {
        self.give_back()
    }
}

impl Drop for RowLock {
    fn drop(&mut self) {
        // `release` tells of failures; here there is nobody left to tell. The lock ends with the connection.
        let _ = self.give_back();
    }
}

/// The journal as rows of a table, in the order in which they were added.
struct JournalRows(Arc<Row>);

impl JournalRows {
    fn failed(&self, failure: &Failure) -> Diagnostic {
        self.0.failed("Remote journal not written", "has a journal that cannot be reached", failure)
    }
}

impl Mirror for JournalRows {
    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic> {
        let row = &self.0;
        let read = wait(async {
            let client = row.database.client().await?;
            let there = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&row.query("{journal}")]).await?;
            if !there.try_get::<_, bool>(0)? {
                return Ok(Vec::new());
            }
            let lines = row.query("SELECT data FROM {journal} WHERE name = $1 ORDER BY line");
            let rows = client.query(&lines, &[&row.workspace]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<Vec<u8>>, Failure>>()
        })?;
        let parts = read.map_err(|e: Failure| self.failed(&e))?;
        Ok((!parts.is_empty()).then(|| parts.concat()))
    }

    fn replace(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let row = &self.0;
        let replaced = wait(async {
            let client = row.database.client().await?;
            row.database.own_tables(&client).await?;
            // One statement: it happens wholly or not at all.
            let replace = row.query(
                "WITH gone AS (DELETE FROM {journal} WHERE name = $1 AND line > 0) INSERT INTO {journal} (name, line, data) \
                 VALUES ($1, 0, $2) ON CONFLICT (name, line) DO UPDATE SET data = $2",
            );
            client.execute(&replace, &[&row.workspace, &bytes]).await?;
            Ok(())
        })?;
        replaced.map_err(|e: Failure| self.failed(&e))
    }

    fn append(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let row = &self.0;
        let appended = wait(async {
            let client = row.database.client().await?;
            let append = row.query(
                "INSERT INTO {journal} (name, line, data) SELECT $1, coalesce(max(line), -1) + 1, $2 FROM {journal} \
                 WHERE name = $1",
            );
            client.execute(&append, &[&row.workspace, &bytes]).await?;
            Ok(())
        })?;
        appended.map_err(|e: Failure| self.failed(&e))
    }

    fn remove(&self) -> Result<(), Diagnostic> {
        let row = &self.0;
        let removed = wait(async {
            let client = row.database.client().await?;
            client.execute(&row.query("DELETE FROM {journal} WHERE name = $1"), &[&row.workspace]).await?;
            Ok(())
        })?;
        removed.map_err(|e: Failure| self.failed(&e))
    }
}

/// What Terraform locks while it makes a row.
const CREATION: i64 = -1;
/// How a holder is named that is known by its server process only.
const PROCESS: &str = "pid-";

async fn try_advisory(client: &Client, key: i64) -> Result<bool, Failure> {
    Ok(client.query_one("SELECT pg_try_advisory_lock($1)", &[&key]).await?.try_get(0)?)
}

async fn give_back(client: &Client, key: i64) -> Result<(), Failure> {
    client.query_one("SELECT pg_advisory_unlock($1)", &[&key]).await?;
    Ok(())
}

/// A name as SQL takes any name.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
