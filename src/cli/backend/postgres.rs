//! The settings of the backend `pg`, with Terraform's names and variables.

use super::{Chosen, Environment};
use crate::diagnostic::Diagnostic;
use crate::state::postgres::{Address, Database, PostgresBackend, Skip};

impl Chosen {
    /// The database.
    pub fn database(&self, environment: &Environment) -> Result<Database, Diagnostic> {
        // Without a string everything comes from libpq's variables, as in Terraform.
        let text = self.text("conn_str", environment, &["PG_CONN_STR"]).unwrap_or_default();
        let address = Address::parse(&text, environment).map_err(|why| {
            Diagnostic::error(
                "Invalid backend configuration",
                format!("The backend \"pg\" cannot use its conn_str (PG_CONN_STR): {why}."),
            )
        })?;
        let schema = self.text("schema_name", environment, &["PG_SCHEMA_NAME"]);
        let skip = Skip {
            schema: self.flag("skip_schema_creation", environment, "PG_SKIP_SCHEMA_CREATION"),
            table: self.flag("skip_table_creation", environment, "PG_SKIP_TABLE_CREATION"),
            index: self.flag("skip_index_creation", environment, "PG_SKIP_INDEX_CREATION"),
        };
        Ok(Database::new(address, schema.unwrap_or_else(|| "terraform_remote_state".to_owned()), skip))
    }

    /// The row that keeps a workspace's state.
    pub fn row(&self, workspace: &str, environment: &Environment) -> Result<PostgresBackend, Diagnostic> {
        Ok(PostgresBackend::new(self.database(environment)?, workspace, Self::journal(workspace)))
    }
}
