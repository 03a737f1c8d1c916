//! A cloud that describes itself: `metadata_host`, over TLS, and signing in there.

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::workplace::Workplace;

const STACK: &str = r#"
variable "host" {}

provider "azurerm" {
  features {}
  metadata_host   = var.host
  subscription_id = "11111111-1111-4111-8111-111111111111"
  tenant_id       = "22222222-2222-4222-8222-222222222222"
  client_id       = "44444444-4444-4444-8444-444444444444"
  client_secret   = "of-no-use-elsewhere"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-sovereign"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-sovereign"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}
"#;

/// A simulator over TLS, which ends with its use.
struct Cloud {
    process: Child,
    host: String,
}

impl Cloud {
    fn start(workplace: &Workplace) -> Self {
        let arguments = ["simulator", "--tls", "--ca", "authority.pem", "--port", "0"].map(str::to_owned);
        let mut process = workplace.command(&arguments).spawn().unwrap();
        let lines = BufReader::new(process.stdout.as_mut().unwrap()).lines();
        let host = lines.map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("https://")?;
            rest.split_once(". ").map(|(host, _)| host.to_owned())
        });
        Self { process, host: host.unwrap() }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_cloud_that_describes_itself_is_worked_with() {
    let workplace = Workplace::empty();
    workplace.write("main.tf", STACK);
    let cloud = Cloud::start(&workplace);
    let authority = workplace.root().join("authority.pem").to_string_lossy().into_owned();
    let trusting = vec![("SSL_CERT_FILE".to_owned(), authority)];
    let run = |arguments: &[&str], host: &str, environment: &[(String, String)]| {
        let mut arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        arguments.push(format!("-var=host={host}"));
        workplace.bowline(&arguments, environment, "")
    };
    for arguments in [&["apply", "-auto-approve"][..], &["plan", "-detailed-exitcode"], &["destroy", "-auto-approve"]] {
        let ran = run(arguments, &cloud.host, &trusting);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}", ran.text);
    }
    // Nothing is told to one whose certificate nobody vouches for, and one that is not there is named.
    let unknown = run(&["plan"], &cloud.host, &[]);
    assert!(unknown.code == 1 && unknown.text.contains("Unusable metadata_host"), "{}", unknown.text);
    let absent = run(&["plan"], "127.0.0.1:1", &trusting);
    assert!(absent.code == 1 && absent.text.contains("127.0.0.1:1/metadata/endpoints"), "{}", absent.text);
}
