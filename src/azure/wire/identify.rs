//! ARM ids out of attributes and attributes out of ARM ids, by a template such as
//! `/subscriptions/{subscription}/resourceGroups/{name}` or `{parent_id}/subnets/{name}`.

use crate::value::Value;

/// The id that these attributes give; `None` while one of them is unknown or missing. A template of two ids has a bar
/// between them.
pub fn id_of(template: &str, subscription: &str, attributes: &Value) -> Option<String> {
    let ids = template.split('|').map(|template| one_id(template, subscription, attributes));
    Some(ids.collect::<Option<Vec<_>>>()?.join("|"))
}

fn one_id(template: &str, subscription: &str, attributes: &Value) -> Option<String> {
    let segments = template.split('/').map(|segment| match attribute(segment) {
        Some("subscription") => (!subscription.is_empty()).then(|| subscription.to_owned()),
        Some(name) => Some(attributes.field(name)?.as_str()?.trim_end_matches('/').to_owned()),
        None => composed(segment, attributes),
    });
    let id = segments.collect::<Option<Vec<_>>>()?.join("/");
    (!id.is_empty()).then_some(id)
}

/// The attributes that an id holds, read from its end; `None` when it does not have the template's form.
pub fn parts_of<'a>(template: &'a str, id: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    if template.matches('|').count() != id.matches('|').count() {
        return None;
    }
    let each = template.split('|').zip(id.split('|')).map(|(template, id)| parts_of_one(template, id));
    Some(each.collect::<Option<Vec<_>>>()?.concat())
}

fn parts_of_one<'a>(template: &'a str, id: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut parts = Vec::new();
    let mut rest = id.trim_end_matches('/');
    let segments: Vec<_> = template.split('/').collect();
    for (position, segment) in segments.iter().enumerate().rev() {
        if let (0, Some(name)) = (position, attribute(segment)) {
            parts.push((name, rest));
            return (!rest.is_empty()).then_some(parts);
        }
        let (before, last) = rest.rsplit_once('/').unwrap_or(("", rest));
        match attribute(segment) {
            Some(name) if !last.is_empty() => parts.push((name, last)),
            None if last.eq_ignore_ascii_case(segment) => {}
            None => parts.extend(taken_apart(segment, last)?),
            _ => return None,
        }
        rest = before;
    }
    rest.is_empty().then_some(parts)
}

/// The attribute that a whole segment is.
fn attribute(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    (!name.contains(['{', '}'])).then_some(name)
}

/// A segment in which attributes stand among letters: `{solution_name}({workspace_name})`.
fn composed(segment: &str, attributes: &Value) -> Option<String> {
    let mut text = String::new();
    let mut rest = segment;
    while let Some((before, inside)) = rest.split_once('{') {
        let (name, after) = inside.split_once('}')?;
        text += before;
        text += attributes.field(name)?.as_str()?;
        rest = after;
    }
    Some(text + rest)
}

/// The attributes in such a segment of an id.
fn taken_apart<'a>(segment: &'a str, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut parts = Vec::new();
    let (mut form, mut text) = (segment, text);
    while let Some((before, inside)) = form.split_once('{') {
        let (name, after) = inside.split_once('}')?;
        text = text.strip_prefix(before)?;
        let next = after.split('{').next().unwrap_or_default();
        let end = if next.is_empty() { text.len() } else { text.find(next)? };
        let (value, left) = text.split_at(end);
        parts.push((name, value));
        (form, text) = (after, left);
    }
    (form == text && !parts.is_empty() && parts.iter().all(|(_, value)| !value.is_empty())).then_some(parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GROUP: &str = "/subscriptions/{subscription}/resourceGroups/{name}";
    const CREDENTIAL: &str = "{user_assigned_identity_id}/federatedIdentityCredentials/{name}";

    #[test]
    fn an_id_follows_from_attributes_once_they_are_known() {
        let attributes = |name: Value| Value::object_of([("name", name)]);
        assert_eq!(
            id_of(GROUP, "s1", &attributes(Value::string("rg"))).as_deref(),
            Some("/subscriptions/s1/resourceGroups/rg")
        );
        assert_eq!(id_of(GROUP, "s1", &attributes(Value::unknown(crate::value::Type::String))), None);
        assert_eq!(id_of(GROUP, "", &attributes(Value::string("rg"))), None);
    }

    #[test]
    fn attributes_are_read_from_an_id_in_any_case() {
        let parts = parts_of(GROUP, "/SUBSCRIPTIONS/s1/resourcegroups/Rg/").unwrap();
        assert_eq!(parts, [("name", "Rg"), ("subscription", "s1")]);
        let parts = parts_of(CREDENTIAL, "/subscriptions/s/x/federatedidentitycredentials/f").unwrap();
        assert_eq!(parts, [("name", "f"), ("user_assigned_identity_id", "/subscriptions/s/x")]);
        let parts = parts_of("{nat_gateway_id}|{public_ip_address_id}", "/a/b|/c/d").unwrap();
        assert_eq!(parts, [("nat_gateway_id", "/a/b"), ("public_ip_address_id", "/c/d")]);
        assert_eq!(parts_of("{nat_gateway_id}|{public_ip_address_id}", "/a/b"), None);
        let parts = parts_of("/solutions/{solution_name}({workspace_name})", "/solutions/Insights(log)").unwrap();
        assert_eq!(parts, [("solution_name", "Insights"), ("workspace_name", "log")]);
        assert_eq!(parts_of("/solutions/{solution_name}({workspace_name})", "/solutions/Insights"), None);
        assert_eq!(parts_of(GROUP, "/subscriptions/s1"), None);
        assert_eq!(parts_of(GROUP, "/subscriptions/s1/providers/rg"), None);
    }
}
