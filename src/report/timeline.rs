//! Where the time of a run went: a page with a bar for each step, for whoever wants to know what to make faster.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::html;
use super::markup::escaped;
use crate::plan::Action;
use crate::state::ObjectAddress;

/// The steps of a run and when they were at work.
#[derive(Debug)]
pub struct Timeline {
    begun: Instant,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    object: String,
    action: Action,
    begin: Duration,
    end: Option<Duration>,
    sound: bool,
}

/// So many of the longest steps are listed.
const LONGEST: usize = 10;
/// The width of the picture's bars, in its own units.
const WIDTH: f64 = 1000.;
const ROW: usize = 18;

impl Timeline {
    /// From now on.
    pub fn new() -> Self {
        Self { begun: Instant::now(), steps: Vec::new() }
    }

    /// A step begins.
    pub fn begin(&mut self, object: &ObjectAddress, action: Action) {
        let begin = self.begun.elapsed();
        self.steps.push(Step { object: object.to_string(), action, begin, end: None, sound: true });
    }

    /// The step at work on an object has ended.
    pub fn end(&mut self, object: &ObjectAddress, sound: bool) {
        let (name, now) = (object.to_string(), self.begun.elapsed());
        let open = self.steps.iter_mut().rev().find(|step| step.end.is_none() && step.object == name);
        if let Some(step) = open {
            (step.end, step.sound) = (Some(now), sound);
        }
    }

    /// The page.
    pub fn page(&self) -> String {
        let whole = self.begun.elapsed();
        let total: Duration = self.steps.iter().map(|step| step.length(whole)).sum();
        let mut body = format!(
            "<header><h1>Timeline</h1><p>{} steps in {}; one after the other they would have taken {}.</p></header>\n<main \
             id=\"main\">\n",
            self.steps.len(),
            told(whole),
            told(total)
        );
        self.longest(whole, &mut body);
        self.bars(whole, &mut body);
        body.push_str("</main>\n");
        html::page("Timeline", &body, false)
    }

    fn longest(&self, whole: Duration, body: &mut String) {
        let mut steps: Vec<&Step> = self.steps.iter().collect();
        steps.sort_by_key(|step| std::cmp::Reverse(step.length(whole)));
        body.push_str(
            "<section aria-labelledby=\"longest\"><h2 id=\"longest\">What took longest</h2><table><thead><tr><th \
             scope=\"col\">Step</th><th scope=\"col\">Began after</th><th scope=\"col\">Took</th></tr></thead><tbody>\n",
        );
        for step in steps.iter().take(LONGEST) {
            let _ = writeln!(
                body,
                "<tr><td>{} <code>{}</code></td><td>{}</td><td>{}</td></tr>",
                step.word(),
                escaped(&step.object),
                told(step.begin),
                told(step.length(whole))
            );
        }
        body.push_str("</tbody></table></section>\n");
    }

    fn bars(&self, whole: Duration, body: &mut String) {
        let scale = WIDTH / whole.as_secs_f64().max(0.001);
        let height = self.steps.len() * ROW + 4;
        let _ = write!(
            body,
            "<section aria-labelledby=\"all\"><h2 id=\"all\">All steps, in the order in which they began</h2><figure tabindex=\"0\" \
             role=\"group\" aria-label=\"A bar for each step\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1500\" height=\"{height}\" \
             viewBox=\"0 0 1500 {height}\" role=\"img\" aria-label=\"{} bars\">\n<style>text{{font:12px \
             system-ui,sans-serif;fill:currentColor}}.create{{fill:#1a7f37}}.update{{fill:#bf8700}}.delete{{fill:#cf222e}}.read{{fill:#0969da}}.failed{{stroke:#cf222e;stroke-width:2;stroke-dasharray:4}}</style>\n",
            self.steps.len()
        );
        for (row, step) in self.steps.iter().enumerate() {
            let (x, y) = (step.begin.as_secs_f64() * scale, row * ROW + 2);
            let width = (step.length(whole).as_secs_f64() * scale).max(1.5);
            let failed = if step.sound { "" } else { " failed" };
            let name = escaped(&step.object);
            let _ = writeln!(
                body,
                "<g><title>{} {name}: {}</title><rect class=\"{}{failed}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\"/><text \
                 x=\"{:.1}\" y=\"{}\">{name}</text></g>",
                step.word(),
                told(step.length(whole)),
                step.class(),
                ROW - 4,
                x + width + 6.,
                y + 11
            );
        }
        body.push_str("</svg></figure></section>\n");
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Step {
    fn length(&self, whole: Duration) -> Duration {
        self.end.unwrap_or(whole).saturating_sub(self.begin)
    }

    fn word(&self) -> &'static str {
        match self.class() {
            "update" => "change",
            "delete" => "destroy",
            word => word,
        }
    }

    fn class(&self) -> &'static str {
        match self.action {
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Read => "read",
            _ => "create",
        }
    }
}

/// `1.2 s`, `3 min 5 s`
fn told(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1..=59 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::address::Address;

    #[test]
    fn every_step_has_a_bar_and_a_failed_one_is_marked() {
        let object = |text: &str| ObjectAddress::from(Address::parse(text).unwrap());
        let mut timeline = Timeline::new();
        timeline.begin(&object("azurerm_subnet.a[\"<x>\"]"), Action::Create);
        timeline.begin(&object("azurerm_subnet.b"), Action::Delete);
        timeline.end(&object("azurerm_subnet.b"), false);
        let page = timeline.page();
        assert_eq!(page.matches("<rect").count(), 2);
        assert!(page.contains("class=\"delete failed\"") && page.contains("2 steps in"));
        assert!(page.contains("azurerm_subnet.a[&quot;&lt;x&gt;&quot;]") && !page.contains("<x>"));
        assert_eq!(
            (told(Duration::from_millis(1240)), told(Duration::from_secs(185))),
            ("1.2 s".into(), "3 min 5 s".into())
        );
    }
}
