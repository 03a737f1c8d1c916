//! Lists, page by page.

use serde_json::Value;

use super::client::ArmClient;
use super::clock::Patience;
use super::envelope::Page;
use super::error::ArmError;
use super::request::Request;

impl ArmClient {
    /// All elements of a list. Each `nextLink` is followed as it stands; a page without elements is not the end.
    pub async fn list(&self, request: &Request, patience: &Patience<'_>) -> Result<Vec<Value>, ArmError> {
        let mut elements = Vec::new();
        let mut request = request.clone();
        loop {
            let answer = self.send(&request, patience).await?;
            let malformed = |reason: String| ArmError::Malformed { request: request.title(), reason };
            let page: Page = serde_json::from_value(answer.body).map_err(|e| malformed(e.to_string()))?;
            elements.extend(page.value);
            let Some(next) = page.next_link.filter(|link| !link.is_empty()) else { return Ok(elements) };
            if next == request.path() {
                return Err(malformed("its next page is the page itself".to_owned()));
            }
            request = Request::follow(&next);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use crate::azure::arm::test_server::TestServer;
    use crate::azure::arm::{ArmError, Method, Request};

    #[tokio::test]
    async fn pages_are_followed_as_their_links_stand() {
        let server = TestServer::start([
            (200, &[][..], json!({"value": [1, 2], "nextLink": "{base}/list?$skiptoken=a%2Fb&api-version=x"})),
            (200, &[], json!({"value": [], "nextLink": "{base}/list?page=3"})),
            (200, &[], json!({"value": [3], "nextLink": ""})),
        ])
        .await;
        let request = Request::new(Method::Get, "/list", "2022-04-01").query("$filter", "roleName eq 'A b'");
        let elements = server.client.list(&request, &server.patience()).await.unwrap();
        assert_eq!(elements, [json!(1), json!(2), json!(3)]);
        assert_eq!(
            server.requests(),
            [
                "GET /list?api-version=2022-04-01&%24filter=roleName+eq+%27A+b%27",
                "GET /list?$skiptoken=a%2Fb&api-version=x",
                "GET /list?page=3"
            ]
        );
    }

    #[tokio::test]
    async fn a_list_that_turns_in_a_circle_is_left() {
        let page = json!({"value": [1], "nextLink": "{base}/list?page=2"});
        let server = TestServer::start([(200, &[][..], page.clone()), (200, &[], page)]).await;
        let request = Request::new(Method::Get, "/list", "1");
        let error = server.client.list(&request, &server.patience()).await.unwrap_err();
        assert!(matches!(error, ArmError::Malformed { .. }), "{error}");
    }
}
