//! A picture as Mermaid reads it, for Markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Node, Picture, Tone};

impl Picture {
    /// As a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let mut frames: BTreeMap<&str, Vec<(usize, &Node)>> = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            frames.entry(&node.frame).or_default().push((at, node));
        }
        for (number, (frame, nodes)) in frames.into_iter().enumerate() {
            let lines: String = nodes.iter().map(|(at, node)| line(*at, node)).collect();
            if frame.is_empty() {
                text += &lines;
            } else {
                let _ = write!(text, "  subgraph g{number}[{}]\n{lines}  end\n", quoted(frame));
            }
        }
        for edge in &self.edges {
            let label = if edge.label.is_empty() { String::new() } else { format!("|{}|", quoted(&edge.label)) };
            let _ = writeln!(text, "  n{} -->{label} n{}", edge.from, edge.to);
        }
        for tone in Tone::TELLING {
            let of_tone = self.nodes.iter().enumerate().filter(|(_, node)| node.tone == tone);
            let names: Vec<String> = of_tone.map(|(at, _)| format!("n{at}")).collect();
            if !names.is_empty() {
                let (line, ground) = tone.colors();
                let _ = writeln!(text, "  classDef {} stroke:{line},fill:{ground},color:#1f2328", tone.word());
                let _ = writeln!(text, "  class {} {}", names.join(","), tone.word());
            }
        }
        text
    }
}

fn line(at: usize, node: &Node) -> String {
    let label =
        if node.detail.is_empty() { quoted(&node.label) } else { quoted(&format!("{}\n{}", node.label, node.detail)) };
    if node.is_person { format!("    n{at}([{label}])\n") } else { format!("    n{at}[{label}]\n") }
}

/// Mermaid takes entities by number, and reads everything else as HTML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '\\' => out.push_str(&format!("#{};", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
