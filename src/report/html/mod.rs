//! Pages for people who were not there: pull requests, auditors. Each is one file that loads nothing from anywhere and
//! sends nothing: its policy forbids the browser to. All text is escaped, and nothing sensitive is in it: values come
//! from the same layout as the text plan's.

mod changes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::access_fold;
use super::access_text::{self, Paragraph, grant_text};
use super::markup::escaped;
use super::picture::Picture;
use super::plan_text::Counts;
use crate::access::AccessChange;
use crate::checks::{Finding, Level, RULES};
use crate::plan::{Mode, Plan};
use crate::provider::Registry;
use crate::span::SourceMap;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a report is about.
pub struct Judged<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The kinds.
    pub registry: &'a Registry,
    /// What it means for access.
    pub access: &'a [AccessChange],
    /// What the checks found.
    pub findings: &'a [Finding],
    /// The texts that findings point into.
    pub sources: &'a SourceMap,
    /// What needs what.
    pub graph: &'a Picture,
    /// The workspace.
    pub workspace: &'a str,
}

/// The report on a plan.
pub fn report(judged: &Judged<'_>) -> String {
    let plan = judged.plan;
    let mut body = String::with_capacity(64 * 1024);
    header(judged, &mut body);
    body.push_str("<main id=\"main\">\n");
    access(judged.access, &mut body);
    changes::section(plan, judged.registry, &mut body);
    changes::drift(plan, judged.registry, &mut body);
    changes::outputs(plan, &mut body);
    checks(judged.findings, judged.sources, &mut body);
    if !judged.graph.nodes.is_empty() {
        let _ = write!(
            body,
            "<section aria-labelledby=\"graph-title\"><h2 id=\"graph-title\">Graph</h2>\n<p class=\"faint\">What needs what, coloured by \
             what happens. Point at a box for its whole name.</p>\n<figure tabindex=\"0\" role=\"group\" \
             aria-label=\"Graph of the plan\">{}</figure></section>\n",
            judged.graph.svg()
        );
    }
    body.push_str("</main>\n");
    let _ = writeln!(
        body,
        "<footer>Bowline {}, planned at <time datetime=\"{1}\">{1}</time>.</footer>",
        env!("CARGO_PKG_VERSION"),
        escaped(&plan.timestamp)
    );
    page("Plan", &body, true)
}

/// A page that shows a picture.
pub fn picture(picture: &Picture) -> String {
    let body = format!(
        "<header><h1>Graph</h1></header>\n<main id=\"main\"><figure tabindex=\"0\" role=\"group\" aria-label=\"Graph\">{}</figure></main>\n",
        picture.svg()
    );
    page("Graph", &body, false)
}

/// A whole page. Its policy lets it use nothing but what is in it.
pub(super) fn page(title: &str, body: &str, with_script: bool) -> String {
    let script = if with_script { format!("<script>\n{SCRIPT}</script>\n") } else { String::new() };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{} · Bowline</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the \
         content</a>\n{body}{script}</body>\n</html>\n",
        escaped(title)
    )
}

fn header(judged: &Judged<'_>, body: &mut String) {
    let plan = judged.plan;
    let counts = Counts::of(plan);
    let title = match plan.options.mode {
        Mode::Normal => "Plan",
        Mode::Destroy => "Plan to destroy everything",
        Mode::RefreshOnly => "Plan to take in what changed outside",
    };
    let (workspace, made) = (escaped(judged.workspace), escaped(&plan.timestamp));
    let _ = write!(
        body,
        "<header>\n<h1>{title}</h1>\n<p class=\"faint\">Workspace {workspace}, planned at <time datetime=\"{made}\">{made}</time></p>\n"
    );
    if plan.errored {
        body.push_str(
            "<p class=\"alert\">Planning failed: this is what could be planned, and none of it will be done.</p>\n",
        );
    }
    body.push_str("<ul class=\"counts\" aria-label=\"Summary\">\n");
    let gained = judged.access.iter().filter(|change| change.gained).count();
    let warnings = judged.findings.iter().filter(|f| f.ignored.is_none() && f.level > Level::Note).count();
    for (count, what) in [
        (counts.destroy, "to destroy"),
        (counts.change, "to change"),
        (counts.add, "to add"),
        (counts.import, "to import"),
        (counts.forget, "to forget"),
        (gained, "ways of access gained"),
        (judged.access.len() - gained, "ways of access lost"),
        (warnings, "findings of the checks"),
    ] {
        if count > 0 {
            let _ = writeln!(body, "<li><b>{count}</b> {what}</li>");
        }
    }
    body.push_str("</ul>\n<nav aria-label=\"Sections\"><ul>");
    for (id, name) in [("access", "Access"), ("changes", "Changes"), ("checks", "Checks"), ("graph", "Graph")] {
        if id != "graph" || !judged.graph.nodes.is_empty() {
            let _ = write!(body, "<li><a href=\"#{id}-title\">{name}</a></li>");
        }
    }
    body.push_str("</ul></nav>\n</header>\n");
}

fn access(changes: &[AccessChange], body: &mut String) {
    body.push_str("<section aria-labelledby=\"access-title\"><h2 id=\"access-title\">Access changes</h2>\n");
    if changes.is_empty() {
        body.push_str("<p>Nobody gains or loses access.</p>\n");
    }
    for gained in [false, true] {
        let of_kind = changes.iter().filter(|change| change.gained == gained).map(|change| &change.access);
        for fold in access_fold::folded(access_text::paragraphs(of_kind)) {
            let edge = if gained { "" } else { " lost-all" };
            let _ = writeln!(body, "<div class=\"access{edge}\">");
            paragraph(&fold.told, gained, body);
            for (others, word) in
                [(&fold.parts, "Each of these"), (&fold.like, "The same roles, each at places of its own:")]
            {
                if others.is_empty() {
                    continue;
                }
                let _ = writeln!(body, "<details><summary>{word} {}</summary>", others.len());
                for other in others {
                    paragraph(other, gained, body);
                }
                body.push_str("</details>\n");
            }
            body.push_str("</div>\n");
        }
    }
    body.push_str("</section>\n");
}

/// Who gains or loses what.
fn paragraph(paragraph: &Paragraph<'_>, gained: bool, body: &mut String) {
    let class = if gained { "gained" } else { "lost" };
    let _ = writeln!(body, "<p class=\"{class}\">{}</p><ul>", escaped(&paragraph.heading(gained)));
    for access in &paragraph.access {
        let alert = if gained && access.grants_any() {
            " <span class=\"alert\">and so can get any access there</span>"
        } else {
            ""
        };
        let _ = writeln!(body, "<li>{}{alert}</li>", escaped(&grant_text(access)));
    }
    body.push_str("</ul>\n");
}

fn checks(findings: &[Finding], sources: &SourceMap, body: &mut String) {
    body.push_str("<section aria-labelledby=\"checks-title\"><h2 id=\"checks-title\">Checks</h2>\n");
    if findings.is_empty() {
        body.push_str("<p>The checks found nothing.</p></section>\n");
        return;
    }
    body.push_str(
        "<table><thead><tr><th scope=\"col\">Level</th><th scope=\"col\">Finding</th><th scope=\"col\">Where</th><th scope=\"col\">What to \
         do</th></tr></thead><tbody>\n",
    );
    let mut by_rule: BTreeMap<(std::cmp::Reverse<Level>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_rule.entry((std::cmp::Reverse(finding.level), finding.rule)).or_default().push(finding);
    }
    for finding in by_rule.into_values().flatten() {
        let Some(rule) = RULES.iter().find(|rule| rule.name == finding.rule) else { continue };
        let place = finding.place.and_then(|place| {
            let source = sources.get(place.source)?;
            Some(format!(", {} line {}", source.name, source.position(place.start as usize).line))
        });
        let (level, fix) = match &finding.ignored {
            Some(reason) => ("ignored", format!("Ignored: {reason}")),
            None => (finding.level.word(), rule.fix.to_owned()),
        };
        let _ = writeln!(
            body,
            "<tr><td>{level}</td><td><b>{}</b> <code>{}</code><br>{} {}</td><td><code>{}</code>{}</td><td>{}</td></tr>",
            escaped(rule.title),
            rule.name,
            escaped(&finding.message),
            escaped(rule.reason),
            escaped(&finding.address.to_string()),
            escaped(&place.unwrap_or_default()),
            escaped(&fix)
        );
    }
    body.push_str("</tbody></table></section>\n");
}
