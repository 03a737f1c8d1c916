//! A picture as Graphviz reads it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Node, Picture};

impl Picture {
    /// As DOT.
    pub fn dot(&self) -> String {
        let mut text = String::from(
            "digraph G {\n  rankdir = \"LR\";\n  node [shape = rect, style = \"filled,rounded\", fontname = \"sans-serif\"];\n",
        );
        let mut frames: BTreeMap<&str, Vec<(usize, &Node)>> = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            frames.entry(&node.frame).or_default().push((at, node));
        }
        for (number, (frame, nodes)) in frames.into_iter().enumerate() {
            let lines: String = nodes.iter().map(|(at, node)| line(*at, node)).collect();
            if frame.is_empty() {
                text += &lines;
            } else {
                let _ = write!(
                    text,
                    "  subgraph cluster_{number} {{\n    label = {};\n    fontname = \"sans-serif\";\n{lines}  }}\n",
                    quoted(frame)
                );
            }
        }
        for edge in &self.edges {
            let label =
                if edge.label.is_empty() { String::new() } else { format!(" [label = {}]", quoted(&edge.label)) };
            let _ = writeln!(text, "  n{} -> n{}{label};", edge.from, edge.to);
        }
        text + "}\n"
    }
}

fn line(at: usize, node: &Node) -> String {
    let (line, ground) = node.tone.colors();
    let label = if node.detail.is_empty() { node.label.clone() } else { format!("{}\n{}", node.label, node.detail) };
    let shape = if node.is_person { ", shape = ellipse" } else { "" };
    format!("    n{at} [label = {}, color = \"{line}\", fillcolor = \"{ground}\"{shape}];\n", quoted(&label))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
