#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn node(label: &str, tone: Tone) -> Node {
    Node { label: label.into(), detail: String::new(), frame: "module.m".into(), tone, is_person: false }
}

/// Two boxes of one name and one of another.
fn three() -> Picture {
    let edge = |from, to| Edge { from, to, label: String::new() };
    let nodes = vec![node("a", Tone::Create), node("b", Tone::Plain), node("a", Tone::Delete)];
    Picture { nodes, edges: vec![edge(0, 1), edge(2, 1), edge(2, 0)] }
}

#[test]
fn boxes_of_one_name_become_one_and_say_what_they_were() {
    let folded = three().folded(|node| node.label.clone());
    assert_eq!(folded.nodes[0].detail, "2 resources, 1 to create, 1 to delete");
    assert_eq!(folded.nodes[0].tone, Tone::Delete);
    assert_eq!(folded.nodes[1], node("b", Tone::Plain));
    assert_eq!(folded.edges, [Edge { from: 0, to: 1, label: String::new() }]);
}

#[test]
fn arrows_that_say_nothing_new_are_left_out() {
    let picture = three().reduced();
    let left: Vec<_> = picture.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    assert_eq!(left, [(0, 1), (2, 0)]);
}

#[test]
fn what_a_label_says_is_never_read_as_markup() {
    let mut picture = three();
    picture.nodes[0].label = "<script>\"x\"&`]\\".into();
    assert!(picture.svg().contains("&lt;script&gt;&quot;x&quot;&amp;`]\\"));
    assert!(!picture.svg().contains("<script"));
    assert!(picture.mermaid().contains("#60;script#62;#34;x#34;#38;#96;]#92;"));
    assert!(picture.dot().contains(r#"label = "<script>\"x\"&`]\\""#));
}

#[test]
fn every_format_has_every_box_and_the_colours() {
    let picture = three();
    let (dot, mermaid, svg) = (picture.dot(), picture.mermaid(), picture.svg());
    assert_eq!(dot.matches(" -> ").count(), 3, "{dot}");
    assert_eq!(mermaid.matches(" --> ").count(), 3, "{mermaid}");
    assert_eq!(svg.matches("class=\"edge\"").count(), 3, "{svg}");
    assert_eq!(svg.matches("<rect").count(), 3);
    for text in [dot, mermaid] {
        assert!(text.contains("#cf222e") && text.contains("module.m"), "{text}");
    }
    assert!(svg.contains("class=\"delete\"") && svg.contains("module.m · a (to delete)"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The layout takes whatever is given to it: circles, loops, islands, nothing at all.
    #[test]
    fn any_graph_can_be_drawn(size in 0usize..60, edges in prop::collection::vec((0usize..60, 0usize..60), 0..200)) {
        let nodes = (0..size).map(|i| node(&format!("n{i}"), Tone::Plain)).collect();
        let edges = edges
            .into_iter()
            .filter(|(from, to)| *from < size && *to < size)
            .map(|(from, to)| Edge { from, to, label: String::new() })
            .collect();
        let svg = Picture { nodes, edges }.svg();
        prop_assert_eq!(svg.matches("<rect").count(), size);
    }
}
