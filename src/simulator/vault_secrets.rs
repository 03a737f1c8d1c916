//! The secrets of vaults, at the vaults' own addresses: `https://NAME.vault.azure.net/secrets/...`, or behind the
//! simulator's one address at `/vault/NAME.vault.azure.net/secrets/...`.

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::body::{self, fill, merge, set, text};
use crate::simulator::clock::Moment;
use crate::simulator::request::Request;
use crate::simulator::rights::{self, Verb};
use crate::simulator::service::TENANT;
use crate::simulator::target::Key;
use crate::simulator::world::{Change, Resource};

/// What the names of vaults end with.
const DOMAIN: &str = ".vault.azure.net";

/// How the versions of a secret are kept: beneath the vault, under words that ARM does not have.
const KEPT: &str = "secretVersions";
const DELETED: &str = "deletedSecretVersions";

/// What a request asks of a vault.
pub(super) struct Asked<'a> {
    pub(super) vault: Resource,
    /// `https://NAME.vault.azure.net`
    pub(super) address: String,
    pub(super) name: &'a str,
    /// What follows the name: a version, `versions`, `recover`.
    pub(super) more: &'a str,
}

/// The vault that a request is for, and the path within it; `None` when it is for something else.
pub(super) fn of_vault(request: &Request) -> Option<(String, String)> {
    let path = request.path.trim_start_matches('/');
    let (host, rest) = match path.strip_prefix("vault/") {
        Some(rest) => rest.split_once('/')?,
        None => (request.host.split(':').next()?, path),
    };
    let name = host.to_ascii_lowercase().strip_suffix(DOMAIN)?.to_owned();
    Some((name, rest.trim_matches('/').to_owned()))
}

impl Azure {
    /// Answers a request to a vault.
    pub(super) fn answer_vault(&mut self, request: &Request, vault: &str, path: &str) -> Answer {
        self.see(request);
        let answered = self.ask_vault(request, vault, path);
        if let Err(Refusal { wait: Some(wait), .. }) = &answered {
            self.timer.wait(*wait);
        }
        let answer = answered.unwrap_or_else(|refusal| Answer::from(&refusal));
        // A world that cannot be written is told of by the next answer of ARM.
        let _ = self.keep();
        answer
    }

    fn ask_vault(&mut self, request: &Request, vault: &str, path: &str) -> Result<Answer, Refusal> {
        if request.token.is_none() {
            let challenge = format!(
                "Bearer authorization=\"https://login.microsoftonline.com/{TENANT}\", resource=\"https://vault.azure.net\""
            );
            let refusal = Refusal::new(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.");
            return Ok(Answer::from(&refusal).with("www-authenticate", challenge));
        }
        let holder = self.world.holder(&format!("vault|{vault}")).filter(|holder| holder.kind.ends_with("/vaults"));
        let Some(holder) = holder else {
            return Err(Refusal::new(404, "VaultNotFound", format!("There is no vault '{vault}'.")));
        };
        let segments: Vec<&str> = path.split('/').collect();
        if let Some((verb, name)) = verb(&request.method, &segments) {
            rights::check_secret(self.scene(), self.asking(), holder, name, &verb)?;
        }
        let asked =
            |name, more| Asked { vault: holder.clone(), address: format!("https://{vault}{DOMAIN}"), name, more };
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["secrets"]) => Ok(self.list_secrets(&asked("", ""))),
            ("GET", ["secrets", name]) => self.read_secret(&asked(name, "")),
            ("GET", ["secrets", name, version]) => self.read_secret(&asked(name, version)),
            ("PUT", ["secrets", name]) => self.set_secret(&asked(name, ""), &request.body),
            ("PATCH", ["secrets", name, version]) => self.change_secret(&asked(name, version), &request.body),
            ("DELETE", ["secrets", name]) => self.delete_secret(&asked(name, "")),
            ("GET", ["deletedsecrets", name]) => self.deleted_secret(&asked(name, "")),
            ("POST", ["deletedsecrets", name, "recover"]) => self.recover_secret(&asked(name, "")),
            ("DELETE", ["deletedsecrets", name]) => self.purge_secret(&asked(name, "")),
            ("POST", ["keys", name, "create"]) => self.create_key(&asked(name, ""), &request.body),
            ("GET", ["keys", name]) => self.read_key(&asked(name, "")),
            ("GET", ["keys", name, "rotationpolicy"]) => self.read_rotation(&asked(name, "")),
            ("PUT", ["keys", name, "rotationpolicy"]) => self.set_rotation(&asked(name, ""), &request.body),
            ("GET", ["keys", name, version]) => self.read_key(&asked(name, version)),
            ("PATCH", ["keys", name]) => self.change_key(&asked(name, ""), &request.body),
            ("PATCH", ["keys", name, version]) => self.change_key(&asked(name, version), &request.body),
            ("DELETE", ["keys", name]) => self.delete_key(&asked(name, "")),
            ("GET", ["deletedkeys", name]) => self.deleted_key(&asked(name, "")),
            ("POST", ["deletedkeys", name, "recover"]) => self.recover_key(&asked(name, "")),
            ("DELETE", ["deletedkeys", name]) => self.purge_key(&asked(name, "")),
            ("POST", ["keys", name, operation @ ("encrypt" | "decrypt" | "wrapkey" | "unwrapkey")]) => {
                self.use_key(&asked(name, ""), operation, &request.body)
            }
            ("POST", ["keys", name, version, operation]) => {
                self.use_key(&asked(name, version), operation, &request.body)
            }
            (method, _) => {
                let message = format!("The vault does not know {method} {path}.");
                Err(Refusal::new(405, "MethodNotAllowed", message))
            }
        }
    }

    pub(super) fn kept(&self, asked: &Asked<'_>, word: &str) -> Option<Resource> {
        self.world.get(&Key::of(&asked.id(word))).cloned()
    }

    fn list_secrets(&self, asked: &Asked<'_>) -> Answer {
        let secrets = self.world.children(&asked.vault.key(), KEPT).map(|secret| {
            let name = secret.id.rsplit('/').next().unwrap_or_default();
            json!({ "id": format!("{}/secrets/{name}", asked.address) })
        });
        Answer::json(200, json!({ "value": secrets.collect::<Vec<_>>() }))
    }

    fn read_secret(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let secret = self.kept(asked, KEPT).ok_or_else(|| asked.missing())?;
        if asked.more == "versions" {
            let all: Vec<Value> = versions(&secret).iter().map(|version| asked.shown(version, false)).collect();
            return Ok(Answer::json(200, json!({ "value": all })));
        }
        let all = versions(&secret);
        let wanted = |version: &&Value| text(version, "/version") == Some(asked.more);
        let found = if asked.more.is_empty() { all.last() } else { all.iter().find(wanted) };
        Ok(Answer::json(200, asked.shown(found.ok_or_else(|| asked.missing())?, true)))
    }

    fn set_secret(&mut self, asked: &Asked<'_>, sent: &Value) -> Result<Answer, Refusal> {
        if self.kept(asked, DELETED).is_some() {
            let message = format!(
                "Secret {} is currently in a deleted but recoverable state, and its name cannot be reused; in this \
                 state, the secret can only be recovered or purged.",
                asked.name
            );
            return Err(Refusal::new(409, "Conflict", message));
        }
        let Some(value) = text(sent, "/value") else {
            return Err(Refusal::bad("BadParameter", "The request body must contain the member 'value'."));
        };
        let now = seconds(self.timer.now());
        let id = asked.id(KEPT);
        let mut all = self.kept(asked, KEPT).map(|secret| versions(&secret)).unwrap_or_default();
        let key = Key::of(&id);
        let name = self.scene().guid(&key, &format!("version {}", all.len())).replace('-', "");
        let mut version = json!({ "version": name, "value": value });
        for member in ["contentType", "tags", "attributes"] {
            if let Some(given) = sent.get(member).filter(|given| !body::is_empty(given)) {
                set(&mut version, &format!("/{member}"), given.clone());
            }
        }
        fill(&mut version, "/attributes/enabled", true);
        set(&mut version, "/attributes/created", Value::from(now));
        set(&mut version, "/attributes/updated", Value::from(now));
        set(&mut version, "/attributes/recoveryLevel", Value::from(recovery(&asked.vault)));
        set(&mut version, "/attributes/recoverableDays", Value::from(90));
        all.push(version.clone());
        self.keep_secret(&id, KEPT, &all);
        Ok(Answer::json(200, asked.shown(&version, true)))
    }

    fn change_secret(&mut self, asked: &Asked<'_>, sent: &Value) -> Result<Answer, Refusal> {
        let secret = self.kept(asked, KEPT).ok_or_else(|| asked.missing())?;
        let mut all = versions(&secret);
        let now = seconds(self.timer.now());
        let wanted = |version: &&mut Value| text(version, "/version") == Some(asked.more);
        let version = all.iter_mut().find(wanted).ok_or_else(|| asked.missing())?;
        if let Some(kind) = text(sent, "/contentType") {
            set(version, "/contentType", Value::from(kind));
        }
        if let Some(tags) = sent.get("tags") {
            set(version, "/tags", tags.clone());
        }
        if let Some(attributes) = sent.get("attributes") {
            let mut present = version.get("attributes").cloned().unwrap_or_default();
            merge(&mut present, attributes);
            set(version, "/attributes", present);
        }
        set(version, "/attributes/updated", Value::from(now));
        let shown = asked.shown(version, false);
        self.keep_secret(&asked.id(KEPT), KEPT, &all);
        Ok(Answer::json(200, shown))
    }

    fn delete_secret(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let secret = self.kept(asked, KEPT).ok_or_else(|| asked.missing())?;
        self.world.make(Change::Remove(secret.key()));
        self.keep_secret(&asked.id(DELETED), DELETED, &versions(&secret));
        Ok(Answer::json(200, asked.shown_deleted(&secret)))
    }

    fn deleted_secret(&self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let secret = self.kept(asked, DELETED).ok_or_else(|| asked.missing())?;
        Ok(Answer::json(200, asked.shown_deleted(&secret)))
    }

    fn recover_secret(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let secret = self.kept(asked, DELETED).ok_or_else(|| asked.missing())?;
        self.world.make(Change::Remove(secret.key()));
        let all = versions(&secret);
        let shown = all.last().map(|version| asked.shown(version, false)).unwrap_or_default();
        self.keep_secret(&asked.id(KEPT), KEPT, &all);
        Ok(Answer::json(200, shown))
    }

    fn purge_secret(&mut self, asked: &Asked<'_>) -> Result<Answer, Refusal> {
        let secret = self.kept(asked, DELETED).ok_or_else(|| asked.missing())?;
        if body::flag(&asked.vault.body, "/properties/enablePurgeProtection") == Some(true) {
            return Err(Refusal::new(403, "Forbidden", "Operation \"purge\" is not allowed on this vault."));
        }
        self.world.make(Change::Remove(secret.key()));
        Ok(Answer::empty(204))
    }

    pub(super) fn keep_secret(&mut self, id: &str, word: &str, all: &[Value]) {
        let kind = format!("Microsoft.KeyVault/vaults/{word}");
        let resource = Resource::new(id.to_owned(), &kind, json!({ "versions": all }), self.timer.now());
        self.store(resource);
    }
}

/// What a request does with which secret.
fn verb<'a>(method: &str, segments: &[&'a str]) -> Option<(Verb, &'a str)> {
    let (action, permission, name) = match (method, segments) {
        ("GET", ["secrets"]) => ("readMetadata/action", "list", ""),
        ("GET", ["secrets", name, "versions"]) => ("readMetadata/action", "list", *name),
        ("GET", ["secrets", name, ..]) => ("getSecret/action", "get", *name),
        ("PUT", ["secrets", name]) => ("setSecret/action", "set", *name),
        ("PATCH", ["secrets", name, _]) => ("update/action", "set", *name),
        ("DELETE", ["secrets", name]) => ("delete", "delete", *name),
        ("GET", ["deletedsecrets", name]) => ("readMetadata/action", "get", *name),
        ("POST", ["deletedsecrets", name, "recover"]) => ("recover/action", "recover", *name),
        ("DELETE", ["deletedsecrets", name]) => ("purge/action", "purge", *name),
        _ => return None,
    };
    Some((Verb { action, permission }, name))
}

impl Asked<'_> {
    pub(super) fn id(&self, word: &str) -> String {
        format!("{}/{word}/{}", self.vault.id, self.name)
    }

    fn missing(&self) -> Refusal {
        let message = format!(
            "A secret with (name/id) {} was not found in this key vault. If you recently deleted this secret you may \
             be able to recover it using the correct recovery command.",
            self.name
        );
        Refusal::new(404, "SecretNotFound", message)
    }

    /// A version as the vault answers it.
    fn shown(&self, version: &Value, with_value: bool) -> Value {
        let mut shown = version.clone();
        let name = text(version, "/version").unwrap_or_default();
        set(&mut shown, "/id", Value::from(format!("{}/secrets/{}/{name}", self.address, self.name)));
        body::unset(&mut shown, "/version");
        if !with_value {
            body::unset(&mut shown, "/value");
        }
        shown
    }

    fn shown_deleted(&self, secret: &Resource) -> Value {
        let mut shown = versions(secret).last().map(|version| self.shown(version, false)).unwrap_or_default();
        set(&mut shown, "/recoveryId", Value::from(format!("{}/deletedsecrets/{}", self.address, self.name)));
        shown
    }
}

pub(super) fn versions(secret: &Resource) -> Vec<Value> {
    secret.body.get("versions").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn recovery(vault: &Resource) -> &'static str {
    let is_protected = body::flag(&vault.body, "/properties/enablePurgeProtection") == Some(true);
    if is_protected { "Recoverable" } else { "Recoverable+Purgeable" }
}

fn seconds(moment: Moment) -> u64 {
    moment / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_found_by_its_host_or_by_the_path() {
        let of = |host: &str, path: &str| {
            of_vault(&Request { host: host.to_owned(), path: path.to_owned(), ..Request::default() })
        };
        let wanted = Some(("kv-a".to_owned(), "secrets/db".to_owned()));
        assert_eq!(of("kv-a.vault.azure.net:443", "/secrets/db"), wanted);
        assert_eq!(of("127.0.0.1:1", "/vault/KV-A.vault.azure.net/secrets/db"), wanted);
        assert_eq!(of("127.0.0.1:1", "/subscriptions/s"), None);
    }
}
