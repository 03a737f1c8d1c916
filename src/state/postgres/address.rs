//! Where the database is and how to reach it: a connection string in libpq's forms, what the environment adds, and the
//! TLS modes, which libpq knows more of than the driver.

use std::collections::BTreeMap;
use std::path::PathBuf;

use azure_core::http::Url;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

/// How far TLS is trusted (postgresql.org, "SSL support", table of `sslmode`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`
    pub mode: String,
    /// `sslrootcert`: the authorities to trust instead of the system's.
    pub root: Option<PathBuf>,
    /// `sslcert` and `sslkey`: who we are.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// Where the database is. Never shown: there may be a password in it.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

impl Address {
    /// Reads a connection string, `postgres://...` or `host=... dbname=...`; `environment` has libpq's variables. The error
    /// says what is wrong without quoting the string.
    pub fn parse(text: &str, environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let (rest, mut settings) = taken_apart(text)?;
        let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        for (name, source) in [
            ("sslmode", "PGSSLMODE"),
            ("sslrootcert", "PGSSLROOTCERT"),
            ("sslcert", "PGSSLCERT"),
            ("sslkey", "PGSSLKEY"),
        ] {
            if let (false, Some(value)) = (settings.contains_key(name), variable(source)) {
                settings.insert(name.to_owned(), value);
            }
        }
        let mode = settings.remove("sslmode").unwrap_or_else(|| "require".to_owned());
        if !MODES.contains(&mode.as_str()) {
            return Err(format!("sslmode is {mode:?}; it is one of {}", MODES.join(", ")));
        }
        let mut config: Config = rest.parse().map_err(|_| "it is no connection string of PostgreSQL".to_owned())?;
        complete(&mut config, &variable);
        config.ssl_mode(match mode.as_str() {
            "disable" => SslMode::Disable,
            "allow" | "prefer" => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let own = settings.remove("sslcert").zip(settings.remove("sslkey"));
        let tls = Tls {
            mode,
            root: settings.remove("sslrootcert").map(PathBuf::from),
            own: own.map(|(certificate, key)| (certificate.into(), key.into())),
        };
        Ok(Self { config, tls })
    }
}

/// What is not in the string, libpq takes from the environment.
fn complete(config: &mut Config, variable: &dyn Fn(&str) -> Option<String>) {
    if config.get_hosts().is_empty() {
        config.host(variable("PGHOST").unwrap_or_else(|| "localhost".to_owned()));
    }
    if config.get_ports().is_empty()
        && let Some(port) = variable("PGPORT").and_then(|port| port.parse().ok())
    {
        config.port(port);
    }
    if config.get_user().is_none() {
        let user = variable("PGUSER").or_else(|| variable("USER")).unwrap_or_else(|| "postgres".to_owned());
        config.user(user);
    }
    if config.get_password().is_none()
        && let Some(password) = variable("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_dbname().is_none()
        && let Some(name) = variable("PGDATABASE")
    {
        config.dbname(name);
    }
}

/// The string without the TLS settings that the driver does not know, and those settings.
fn taken_apart(text: &str) -> Result<(String, BTreeMap<String, String>), String> {
    let is_ours = |name: &str| matches!(name, "sslmode" | "sslrootcert" | "sslcert" | "sslkey" | "binary_parameters");
    let mut ours = BTreeMap::new();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let (before, query) = text.split_once('?').unwrap_or((text, ""));
        // Only the query is read as an URL: a host may be a list or a folder, which no URL has.
        let query =
            Url::parse(&format!("http://x/?{query}")).map_err(|_| "its parameters cannot be read".to_owned())?;
        let mut kept = Vec::new();
        for (name, value) in query.query_pairs() {
            if is_ours(&name) {
                ours.insert(name.into_owned(), value.into_owned());
            } else {
                let encode = |text: &str| {
                    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
                };
                kept.push(format!("{}={}", name, encode(&value)));
            }
        }
        let mark = if kept.is_empty() { "" } else { "?" };
        return Ok((format!("{before}{mark}{}", kept.join("&")), ours));
    }
    let mut kept = Vec::new();
    for word in text.split_whitespace() {
        match word.split_once('=') {
            Some((name, value)) if is_ours(name) => {
                ours.insert(name.to_owned(), value.trim_matches('\'').to_owned());
            }
            _ => kept.push(word),
        }
    }
    Ok((kept.join(" "), ours))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_read_as_libpq_reads_them() {
        let environment = [("PGPASSWORD", "p"), ("PGSSLMODE", "verify-full"), ("PGUSER", "env"), ("USER", "me")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (text, host, user, mode) in [
            ("postgres://u:s%40@db.example:5433/states?sslmode=disable", "db.example", "u", "disable"),
            ("postgres://db.example/states?application_name=a%20b", "db.example", "env", "verify-full"),
            ("host=db.example user=u sslmode='verify-ca' sslrootcert=/ca.pem", "db.example", "u", "verify-ca"),
        ] {
            let address = Address::parse(text, &environment).unwrap();
            assert_eq!(address.config.get_hosts(), [tokio_postgres::config::Host::Tcp(host.to_owned())], "{text}");
            assert_eq!((address.config.get_user(), &*address.tls.mode), (Some(user), mode), "{text}");
        }
        let refused = Address::parse("postgres://u:hush@h/d?sslmode=maybe", &environment).err().unwrap();
        assert!(refused.contains("maybe") && !refused.contains("hush"));
    }
}
