//! What was typed, brought to the form that the argument parser reads.
//!
//! Terraform's flags have one dash or two and take values as `-flag=value` or `-flag value`; more of them may come
//! from `TF_CLI_ARGS` and `TF_CLI_ARGS_<command>`.

use std::ffi::OsString;

/// The commands that have commands below them; `TF_CLI_ARGS_state_list` is for `state list`.
const NESTED: [&str; 3] = ["state", "workspace", "providers"];

/// Inserts what the environment adds and gives every flag two dashes. `variable` looks into the environment.
pub fn normalize(arguments: Vec<OsString>, variable: impl Fn(&str) -> Option<String>) -> Vec<OsString> {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_else(|| "bowline".into());
    let mut global: Vec<OsString> = Vec::new();
    let mut rest: Vec<OsString> = arguments.collect();
    let command_at = rest.iter().position(|a| !a.to_string_lossy().starts_with('-')).unwrap_or(rest.len());
    global.extend(rest.drain(..command_at));

    let mut command = Vec::new();
    if !rest.is_empty() {
        command.push(rest.remove(0));
        let nested = command.first().is_some_and(|first| NESTED.iter().any(|name| first == name));
        if nested && rest.first().is_some_and(|second| !second.to_string_lossy().starts_with('-')) {
            command.push(rest.remove(0));
        }
    }
    let added = added(&command, variable);
    let flags = added.into_iter().chain(rest);
    std::iter::once(program)
        .chain(global.into_iter().map(two_dashes))
        .chain(command)
        .chain(until_separator(flags))
        .collect()
}

fn added(command: &[OsString], variable: impl Fn(&str) -> Option<String>) -> Vec<OsString> {
    if command.is_empty() {
        return Vec::new();
    }
    let names: Vec<_> = command.iter().map(|word| word.to_string_lossy().replace('-', "_")).collect();
    let own = format!("TF_CLI_ARGS_{}", names.join("_"));
    ["TF_CLI_ARGS", &own].iter().filter_map(|name| variable(name)).flat_map(|text| words(&text)).collect()
}

/// Flags get two dashes up to `--`, after which everything is what it is.
fn until_separator(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut separated = false;
    arguments.map(move |argument| {
        separated |= argument == "--";
        if separated { argument } else { two_dashes(argument) }
    })
}

/// `-flag` becomes `--flag`; `-h`, negative numbers and a single dash stay.
pub fn two_dashes(argument: OsString) -> OsString {
    let Some(text) = argument.to_str() else { return argument };
    let is_flag = text
        .strip_prefix('-')
        .is_some_and(|name| name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic()));
    if is_flag { format!("-{text}").into() } else { argument }
}

/// Splits as a shell does: spaces separate, quotes and backslashes keep together.
fn words(text: &str) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', Some('"') | None) => word.get_or_insert_default().extend(chars.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take().map(OsString::from)),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.map(OsString::from));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(text: &str) -> Vec<String> {
        let arguments = text.split(' ').map(OsString::from).collect();
        let variable = |name: &str| match name {
            "TF_CLI_ARGS_plan" => Some("-lock=false -var 'a=b c'".to_owned()),
            "TF_CLI_ARGS_state_list" => Some("-state=x".to_owned()),
            _ => None,
        };
        normalize(arguments, variable).into_iter().map(|a| a.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn flags_are_read_with_one_dash_or_two() {
        for (typed, expected) in [
            ("b version", vec!["b", "version"]),
            ("b -chdir=x apply -auto-approve", vec!["b", "--chdir=x", "apply", "--auto-approve"]),
            ("b apply --var x=-1 p", vec!["b", "apply", "--var", "x=-1", "p"]),
            ("b plan -out p", vec!["b", "plan", "--lock=false", "--var", "a=b c", "--out", "p"]),
            ("b state list -id=1", vec!["b", "state", "list", "--state=x", "--id=1"]),
            ("b fmt -", vec!["b", "fmt", "-"]),
            ("b output -- -x", vec!["b", "output", "--", "-x"]),
            ("b -h", vec!["b", "-h"]),
        ] {
            assert_eq!(normalized(typed), expected, "{typed}");
        }
    }
}
