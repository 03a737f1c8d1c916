//! Who is who in the directory is asked of Microsoft Graph, at an address of its own and with a token for it.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::client::ArmClient;
use super::clock::Clock;
use super::cloud::Cloud;
use super::error::ArmError;
use super::request::{Method, Request};

/// How long an answer is waited for. What the directory says is good to know and never necessary, and there are
/// networks that lead to Azure Resource Manager only.
const ASK: Duration = Duration::from_secs(10);
/// The most ids that one question may be about.
const IDS: usize = 1_000;

/// A client of Microsoft Graph.
#[derive(Clone)]
pub struct GraphClient(ArmClient);

impl GraphClient {
    /// A client that signs in with a credential when it first has to.
    pub fn new(cloud: &Cloud, credential: Arc<dyn TokenCredential>, clock: Arc<dyn Clock>) -> Self {
        let scope = format!("{}/.default", cloud.graph.as_str().trim_end_matches('/'));
        Self(ArmClient::at(cloud.graph.clone(), scope, credential, clock))
    }

    /// Those of some object ids that the directory has: users, groups and service principals, as Graph shows them.
    pub async fn objects(&self, ids: &[&str]) -> Result<Vec<Value>, ArmError> {
        let mut found = Vec::new();
        for some in ids.chunks(IDS) {
            let asked = json!({ "ids": some, "types": ["user", "group", "servicePrincipal"] });
            let request = Request::plain(Method::Post, "/v1.0/directoryObjects/getByIds?$select=id,displayName");
            found.extend(self.0.list(&request.body(asked), &self.0.patience(ASK)).await?);
        }
        Ok(found)
    }

    /// The service principal of an application, by its client id.
    pub async fn application(&self, client: &str) -> Result<Value, ArmError> {
        let path = format!("/v1.0/servicePrincipals(appId='{client}')?$select=id,displayName");
        Ok(self.0.send(&Request::plain(Method::Get, path), &self.0.patience(ASK)).await?.body)
    }

    /// Those of the groups, users or service principals that have this value in a member; one by its id.
    pub async fn find(&self, set: &str, member: &str, value: &str) -> Result<Vec<Value>, ArmError> {
        let patience = self.0.patience(ASK);
        if member == "id" {
            let id: String = value.chars().filter(|c| c.is_ascii_hexdigit() || *c == '-').collect();
            return match self.0.send(&Request::plain(Method::Get, format!("/v1.0/{set}/{id}")), &patience).await {
                Ok(answer) => Ok(vec![answer.body]),
                Err(error) if error.is_not_found() => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        // OData writes a quote twice.
        let filter = format!("{member} eq '{}'", value.replace('\'', "''"));
        let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
        self.0.list(&Request::plain(Method::Get, format!("/v1.0/{set}?$filter={filter}")), &patience).await
    }

    /// Those who are in a group themselves, page by page.
    pub async fn direct_members(&self, id: &str) -> Result<Vec<Value>, ArmError> {
        let path = format!("/v1.0/groups/{id}/members?$select=id&$top=999");
        self.0.list(&Request::plain(Method::Get, path), &self.0.patience(ASK)).await
    }

    /// A group by itself: its name.
    pub async fn group(&self, id: &str) -> Result<Value, ArmError> {
        let request = Request::plain(Method::Get, format!("/v1.0/groups/{id}?$select=id,displayName"));
        Ok(self.0.send(&request, &self.0.patience(ASK)).await?.body)
    }

    /// Everybody in a group, also by other groups, page by page.
    pub async fn members(&self, id: &str) -> Result<Vec<Value>, ArmError> {
        let path = format!("/v1.0/groups/{id}/transitiveMembers?$select=id,displayName&$top=999");
        self.0.list(&Request::plain(Method::Get, path), &self.0.patience(ASK)).await
    }
}
