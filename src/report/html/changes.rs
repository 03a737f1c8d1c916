//! The changes of a plan on a page: by module, each folded, with its text as the text plan has it.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::plan::{Action, InstanceChange, Plan};
use crate::provider::Registry;
use crate::report::markup::escaped;
use crate::report::plan_text::{self, Detail};
use crate::report::style::Style;

/// So many changes are shown with their modules unfolded.
const UNFOLDED: usize = 100;

/// What can be filtered by: the word, and what it stands for.
const KINDS: [(&str, &str); 6] = [
    ("destroy", "destroyed"),
    ("replace", "replaced"),
    ("update", "changed"),
    ("create", "created"),
    ("read", "read"),
    ("other", "other"),
];

/// Every change, those that take something away first.
pub fn section(plan: &Plan, registry: &Registry, body: &mut String) {
    body.push_str("<section aria-labelledby=\"changes-title\"><h2 id=\"changes-title\">Changes</h2>\n");
    let changes: Vec<&InstanceChange> = plan.changes.iter().filter(|change| change.is_change()).collect();
    if changes.is_empty() {
        body.push_str("<p>No changes.</p></section>\n");
        return;
    }
    tools(&changes, body);
    let mut modules: BTreeMap<String, Vec<&InstanceChange>> = BTreeMap::new();
    for change in &changes {
        modules.entry(change.address.module.to_string()).or_default().push(change);
    }
    let mut modules: Vec<_> = modules.into_iter().collect();
    for (_, changes) in &mut modules {
        changes.sort_by_key(|change| plan_text::weight(change.action));
    }
    modules.sort_by_key(|(_, changes)| changes.first().map(|change| plan_text::weight(change.action)));
    let open = if changes.len() <= UNFOLDED { " open" } else { "" };
    for (module, changes) in modules {
        let name = if module.is_empty() { "Root module".to_owned() } else { module };
        let plural = if changes.len() == 1 { "change" } else { "changes" };
        let _ = writeln!(
            body,
            "<details class=\"group\"{open}><summary>{} <span class=\"faint\">{} {plural}</span></summary>",
            escaped(&name),
            changes.len()
        );
        for change in changes {
            one(change, registry, body);
        }
        body.push_str("</details>\n");
    }
    body.push_str("</section>\n");
}

fn tools(changes: &[&InstanceChange], body: &mut String) {
    body.push_str(
        "<div class=\"tools\" role=\"search\"><label for=\"search\">Search</label><input id=\"search\" type=\"search\" \
         placeholder=\"Address, kind or value (key: /)\" autocomplete=\"off\">\
         <fieldset><legend>Show</legend>",
    );
    for (word, shown) in KINDS {
        let count = changes.iter().filter(|change| word_of(change.action) == word).count();
        if count > 0 {
            let _ = write!(body, "<label><input type=\"checkbox\" value=\"{word}\" checked> {shown} ({count})</label>");
        }
    }
    body.push_str(
        "</fieldset><button type=\"button\" id=\"unfold\">Unfold all</button><button type=\"button\" id=\"fold\">Fold all</button>\
         <span id=\"told\" class=\"faint\" role=\"status\" aria-live=\"polite\"></span></div>\n",
    );
}

fn word_of(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "destroy",
        Action::DeleteThenCreate | Action::CreateThenDelete => "replace",
        Action::Read => "read",
        Action::Forget | Action::NoOp => "other",
    }
}

fn one(change: &InstanceChange, registry: &Registry, body: &mut String) {
    let word = word_of(change.action);
    let text = plan_text::instance(change, registry, &Style::PLAIN, Detail::Usual);
    let _ = write!(
        body,
        "<details class=\"change\" data-what=\"{word}\"><summary><span class=\"what {word}\">{word}</span><code>{}</code></summary><pre>",
        escaped(&change.address.to_string())
    );
    lines(&text, body);
    body.push_str("</pre></details>\n");
}

/// The lines of a change, each in the colour of its symbol.
fn lines(text: &str, body: &mut String) {
    for line in text.lines() {
        let class = match line.trim_start().split(' ').next() {
            Some("+") => " class=\"l-add\"",
            Some("-") => " class=\"l-go\"",
            Some("~" | "-/+" | "+/-") => " class=\"l-mod\"",
            _ => "",
        };
        let _ = write!(body, "<span{class}>{}\n</span>", escaped(line));
    }
}

/// What changed outside and has a part in the plan.
pub fn drift(plan: &Plan, registry: &Registry, body: &mut String) {
    if plan.drift.is_empty() {
        return;
    }
    body.push_str("<section aria-labelledby=\"drift-title\"><h2 id=\"drift-title\">Changed outside of Bowline</h2>\n");
    for change in &plan.drift {
        let _ = write!(
            body,
            "<details class=\"change\" data-what=\"drift\"><summary><code>{}</code></summary><pre>",
            escaped(&change.address.to_string())
        );
        lines(&plan_text::drifted(change, registry, &Style::PLAIN, plan_text::stays(change, plan)), body);
        body.push_str("</pre></details>\n");
    }
    body.push_str("</section>\n");
}

/// The outputs that change.
pub fn outputs(plan: &Plan, body: &mut String) {
    let text = if plan.errored { String::new() } else { plan_text::outputs(plan, &Style::PLAIN) };
    if text.is_empty() {
        return;
    }
    body.push_str(
        "<section aria-labelledby=\"outputs-title\"><h2 id=\"outputs-title\">Outputs</h2><div class=\"change\"><pre>",
    );
    lines(&text, body);
    body.push_str("</pre></div></section>\n");
}
