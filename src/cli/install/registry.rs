//! The module registry protocol: which releases there are, and where a package lies.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use azure_core::http::{Method, Request, Url, new_http_client};
use serde_json::Value as Json;

use crate::config::{Constraint, RegistryModule, Version};
use crate::diagnostic::Diagnostic;

use super::super::invocation::runtime;

/// A release of a module.
#[derive(Debug)]
pub struct Release {
    /// `1.2.3`
    pub version: String,
    /// Where its package lies, as a module source.
    pub location: String,
}

/// Asks registries.
pub struct Registry {
    /// Holds the tokens: `TF_TOKEN_app_terraform_io`.
    environment: BTreeMap<String, String>,
    /// Where the modules of each host are.
    services: RefCell<HashMap<String, Url>>,
}

/// What was answered.
struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Registry {
    /// With what the environment says of tokens.
    pub fn new(environment: BTreeMap<String, String>) -> Self {
        Self { environment, services: RefCell::default() }
    }

    /// The newest release that a constraint allows.
    pub fn find(&self, module: &RegistryModule, constraint: Option<&str>) -> Result<Release, Diagnostic> {
        let base = self.service(&module.host)?;
        let address = join(&base, &format!("{}/versions", module.name))?;
        let answer = self.ask(&address)?;
        if answer.status == 404 {
            return Err(missing(module));
        }
        let listed = expect(&answer, &address)?;
        let constraint = constraint.and_then(Constraint::parse);
        let fits = |version: &Version| match &constraint {
            Some(constraint) => constraint.allows(version),
            None => !version.is_prerelease(),
        };
        let versions = listed["modules"][0]["versions"].as_array().cloned().unwrap_or_default();
        let newest = versions
            .iter()
            .filter_map(|entry| entry["version"].as_str())
            .filter_map(|text| Some((Version::parse(text)?, text.to_owned())))
            .filter(|(version, _)| fits(version))
            .max_by(|(a, _), (b, _)| a.cmp(b));
        let Some((_, version)) = newest else {
            let detail = format!("The registry {} has no release of {} that is allowed.", module.host, module.name);
            return Err(Diagnostic::error("Unresolvable module version constraint", detail));
        };
        let location = self.location(&join(&base, &format!("{}/{version}/download", module.name))?)?;
        Ok(Release { version, location })
    }

    fn location(&self, address: &Url) -> Result<String, Diagnostic> {
        let answer = self.ask(address)?;
        let location = match answer.headers.get("x-terraform-get") {
            Some(location) => location.clone(),
            None => expect(&answer, address)?["location"].as_str().unwrap_or_default().to_owned(),
        };
        if location.is_empty() {
            return Err(unusable(address, "it does not say where the package is"));
        }
        let relative = location.starts_with('/') || location.starts_with("./") || location.starts_with("../");
        Ok(if relative { join(address, &location)?.to_string() } else { location })
    }

    /// The file at an address.
    pub fn download(&self, address: &str) -> Result<Vec<u8>, Diagnostic> {
        let url = Url::parse(address).map_err(|error| unusable(address, &error.to_string()))?;
        let answer = self.ask(&url)?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(unusable(address, &format!("it answered with status {status}"))),
        }
    }

    /// Where a host keeps its modules: what it says at its well-known address.
    fn service(&self, host: &str) -> Result<Url, Diagnostic> {
        if let Some(known) = self.services.borrow().get(host) {
            return Ok(known.clone());
        }
        // Only this machine is trusted without encryption.
        let name = host.split(':').next().unwrap_or(host);
        let scheme = if matches!(name, "localhost" | "127.0.0.1") { "http" } else { "https" };
        let text = format!("{scheme}://{host}/.well-known/terraform.json");
        let address = Url::parse(&text).map_err(|error| unusable(&text, &error.to_string()))?;
        let services = expect(&self.ask(&address)?, &address)?;
        let Some(modules) = services["modules.v1"].as_str() else {
            return Err(Diagnostic::error(
                "Host does not provide a module registry",
                format!("The host {host} does not say where its modules are, so it has none."),
            ));
        };
        let service = join(&address, &format!("{}/", modules.trim_end_matches('/')))?;
        self.services.borrow_mut().insert(host.to_owned(), service.clone());
        Ok(service)
    }

    fn ask(&self, address: &Url) -> Result<Answer, Diagnostic> {
        let mut request = Request::new(address.clone(), Method::Get);
        request.insert_header("accept", "application/json, */*");
        if let Some(token) = address.host_str().and_then(|host| self.token(host)) {
            request.insert_header("authorization", format!("Bearer {token}"));
        }
        let answer = runtime()?.block_on(async {
            let sent = new_http_client(None).execute_request(&request).await?;
            sent.try_into_raw_response().await
        });
        let answer = answer.map_err(|error| unusable(address, &error.to_string()))?;
        let headers = answer.headers().iter();
        Ok(Answer {
            status: u16::from(answer.status()),
            headers: headers.map(|(n, v)| (n.as_str().to_ascii_lowercase(), v.as_str().to_owned())).collect(),
            body: answer.body().as_ref().to_vec(),
        })
    }

    /// As Terraform names them: dots are underscores, dashes two of them.
    fn token(&self, host: &str) -> Option<&str> {
        let name = format!("TF_TOKEN_{}", host.replace('-', "__").replace('.', "_"));
        self.environment.get(&name).map(String::as_str).filter(|token| !token.is_empty())
    }
}

fn expect(answer: &Answer, address: &Url) -> Result<Json, Diagnostic> {
    if answer.status != 200 {
        return Err(unusable(address, &format!("it answered with status {}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|error| unusable(address, &format!("its answer is no JSON: {error}")))
}

fn join(base: &Url, path: &str) -> Result<Url, Diagnostic> {
    base.join(path).map_err(|error| unusable(base, &error.to_string()))
}

fn unusable(address: impl std::fmt::Display, why: &str) -> Diagnostic {
    let detail = format!("The registry at {address} could not be used: {why}.");
    Diagnostic::error("Error accessing remote module registry", detail)
}

fn missing(module: &RegistryModule) -> Diagnostic {
    let detail = format!("The registry {} has no module {}. Is its name spelled right?", module.host, module.name);
    Diagnostic::error("Module not found", detail)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::cli::install::archive::{tests::pack, unpack};

    /// A registry on loopback with one module; it ends with the test.
    fn serve() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                BufReader::new(&stream).read_line(&mut line).unwrap();
                let (status, headers, body) = answer(line.split(' ').nth(1).unwrap());
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
                stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
            }
        });
        host
    }

    fn answer(path: &str) -> (u16, &'static str, Vec<u8>) {
        let json = |text: &str| text.as_bytes().to_vec();
        match path {
            "/.well-known/terraform.json" => (200, "", json(r#"{"modules.v1": "/v1/modules/"}"#)),
            "/v1/modules/a/b/c/versions" => {
                let versions =
                    r#"{"version": "1.2.0"}, {"version": "1.10.0"}, {"version": "2.0.0-rc1"}, {"version": "2.0.0"}"#;
                (200, "", json(&format!(r#"{{"modules": [{{"versions": [{versions}]}}]}}"#)))
            }
            "/v1/modules/a/b/c/1.10.0/download" => (204, "X-Terraform-Get: ./p.tar.gz//inner\r\n", Vec::new()),
            "/v1/modules/a/b/c/1.10.0/p.tar.gz" => (200, "", pack(&[("inner/main.tf", "# here")])),
            _ => (404, "", Vec::new()),
        }
    }

    #[test]
    fn the_newest_release_that_is_allowed_is_found_and_fetched() {
        let host = serve();
        let module = |name: &str| RegistryModule { host: host.clone(), name: name.into(), folder: None };
        let registry = Registry::new(BTreeMap::new());
        let release = registry.find(&module("a/b/c"), Some("~> 1.2")).unwrap();
        assert_eq!(release.version, "1.10.0");
        let address = release.location.strip_suffix("//inner").unwrap();
        let folder = tempfile::tempdir().unwrap();
        unpack(&registry.download(address).unwrap(), folder.path()).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("inner/main.tf")).unwrap(), "# here");
        let none = registry.find(&module("a/b/c"), Some("> 3")).unwrap_err();
        assert_eq!(none.summary, "Unresolvable module version constraint");
        assert_eq!(registry.find(&module("x/y/z"), None).unwrap_err().summary, "Module not found");
    }

    #[test]
    fn tokens_are_found_by_host() {
        let environment = [("TF_TOKEN_my__host_example_com".to_owned(), "t".to_owned())];
        let registry = Registry::new(environment.into());
        assert_eq!(registry.token("my-host.example.com"), Some("t"));
        assert_eq!(registry.token("example.com"), None);
    }
}
