//! A picture as SVG. Where the boxes and the bends of the arrows go is worked out by layout-rs; what they look like is
//! decided here, with a style that follows the reader's light or dark screen.

use std::collections::BTreeMap;
use std::fmt::Write;

use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::{Node, Picture, Tone};
use crate::report::markup::escaped;

/// Room for a letter of what an arrow says.
const LETTER: usize = 7;
/// What the layout takes a box's text to be.
const BOX: &str = "box";
/// Arrows of more boxes and arrows than these are drawn as they fall: to cross as few as can be takes the layout minutes.
const UNTANGLED: usize = 90;
/// A label is cut here.
const LONGEST: usize = 80;

/// The classes of a picture's parts.
const STYLE: &str = "\
.bl text{font:13px system-ui,sans-serif;fill:#1f2328}\
.bl .detail{font-size:11px;fill:#57606a}\
.bl .edge{fill:none;stroke:#8c959f;stroke-width:1.4}\
.bl .head{fill:#8c959f}\
.bl .plain{stroke:#57606a;fill:#f6f8fa}\
.bl .read{stroke:#0969da;fill:#ddf4ff}\
.bl .create{stroke:#1a7f37;fill:#dafbe1}\
.bl .update{stroke:#9a6700;fill:#fff8c5}\
.bl .replace{stroke:#bc4c00;fill:#fff1e5}\
.bl .delete{stroke:#cf222e;fill:#ffebe9}\
@media (prefers-color-scheme:dark){\
.bl text{fill:#e6edf3}.bl .detail{fill:#9198a1}\
.bl .edge{stroke:#656c76}.bl .head{fill:#656c76}\
.bl .plain{stroke:#9198a1;fill:#212830}\
.bl .read{stroke:#4493f8;fill:#121d2f}\
.bl .create{stroke:#3fb950;fill:#12261e}\
.bl .update{stroke:#d29922;fill:#272115}\
.bl .replace{stroke:#db6d28;fill:#2b1d13}\
.bl .delete{stroke:#f85149;fill:#25171c}}";

impl Picture {
    /// As SVG, complete in itself.
    pub fn svg(&self) -> String {
        let mut graph = VisualGraph::new(Orientation::LeftToRight);
        let look = StyleAttr { font_size: LETTER, ..StyleAttr::simple() };
        let place = |(at, node): (usize, &Node)| {
            // The text tells the box's own from an arrow's when it comes back; what is drawn is the node's.
            let shape = ShapeKind::new_box(BOX);
            Element::create_with_properties(shape, look.clone(), Orientation::LeftToRight, size(node), at.to_string())
        };
        let handles: Vec<_> = self.nodes.iter().enumerate().map(place).map(|element| graph.add_node(element)).collect();
        for edge in self.edges.iter().filter(|edge| edge.from != edge.to) {
            let ends = handles.get(edge.from).zip(handles.get(edge.to));
            let Some((from, to)) = ends else { continue };
            let mut arrow = Arrow::new(
                LineEndKind::None,
                LineEndKind::Arrow,
                LineStyleKind::Normal,
                &cut(&edge.label),
                &look,
                &None,
                &None,
            );
            arrow.properties = Some(format!("{} {}", edge.from, edge.to));
            graph.add_edge(arrow, *from, *to);
        }
        let mut paper = Paper::of(&self.nodes);
        if !self.nodes.is_empty() {
            let untangle = self.nodes.len() + self.edges.len() <= UNTANGLED;
            graph.do_it(false, !untangle, false, &mut paper);
        }
        let (width, height) = ((paper.size.x + 20.).ceil(), (paper.size.y + 20.).ceil());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bl\" role=\"img\" aria-label=\"{} boxes, {} arrows\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}</style>\n\
             <defs><marker id=\"bl-head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
             orient=\"auto\"><path class=\"head\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n{}{}</svg>\n",
            self.nodes.len(),
            self.edges.len(),
            paper.lines(),
            paper.boxes
        )
    }
}

/// The second line of a box: what it is, and in which frame.
fn small(node: &Node) -> String {
    match (node.detail.as_str(), node.frame.as_str()) {
        (detail, "") => detail.to_owned(),
        ("", frame) => format!("in {frame}"),
        (detail, frame) => format!("{detail} in {frame}"),
    }
}

/// Room for both lines of a box.
fn size(node: &Node) -> Point {
    let small = small(node);
    let letters = |text: &str| f64::from(u32::try_from(text.chars().count().min(LONGEST + 1)).unwrap_or(u32::MAX));
    let width = (letters(&node.label) * 7.4).max(letters(&small) * 6.4) + 24.;
    Point::new(width, if small.is_empty() { 30. } else { 42. })
}

/// At most so many letters; the whole is in the title.
fn cut(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() { format!("{start}…") } else { start }
}

/// Where the layout draws. Boxes lie over arrows, so that no arrow hides what a box says.
struct Paper<'p> {
    nodes: &'p [Node],
    boxes: String,
    /// By the position of its node: where a box begins, and its size.
    places: BTreeMap<usize, (Point, Point)>,
    /// The boxes that each arrow is between, and where it bends.
    arrows: Vec<(usize, usize, Vec<Point>)>,
    texts: String,
    size: Point,
}

impl<'p> Paper<'p> {
    fn of(nodes: &'p [Node]) -> Self {
        let (boxes, texts, size) = (String::new(), String::new(), Point::new(0., 0.));
        Self { nodes, boxes, places: BTreeMap::new(), arrows: Vec::new(), texts, size }
    }

    fn reach(&mut self, x: f64, y: f64) {
        self.size = Point::new(self.size.x.max(x), self.size.y.max(y));
    }

    /// The arrows: from the right side of a box to the left side of the other, level where they leave and arrive.
    fn lines(&self) -> String {
        let mut out = String::new();
        for (from, to, bends) in &self.arrows {
            let Some(((from, size), (to, other))) = self.places.get(from).zip(self.places.get(to)) else { continue };
            let start = Point::new(from.x + size.x, from.y + size.y / 2.);
            let end = Point::new(to.x, to.y + other.y / 2.);
            let mut line = format!("M{:.1} {:.1}", start.x, start.y);
            let mut at = start;
            for next in bends.iter().copied().chain([end]) {
                let reach = (next.x - at.x).abs() / 2.;
                let (near, far) = (at.x + reach, next.x - reach);
                let _ = write!(line, "C{near:.1} {:.1} {far:.1} {:.1} {:.1} {:.1}", at.y, next.y, next.x, next.y);
                at = next;
            }
            let _ = writeln!(out, "<path class=\"edge\" marker-end=\"url(#bl-head)\" d=\"{line}\"/>");
        }
        out + &self.texts
    }
}

impl RenderBackend for Paper<'_> {
    fn draw_rect(
        &mut self,
        xy: Point,
        size: Point,
        _look: &StyleAttr,
        properties: Option<String>,
        _clip: Option<ClipHandle>,
    ) {
        let Some(at) = properties.and_then(|at| at.parse::<usize>().ok()) else { return };
        let Some(node) = self.nodes.get(at) else { return };
        self.places.insert(at, (xy, size));
        self.reach(xy.x + size.x, xy.y + size.y);
        let round = if node.is_person { 15 } else { 4 };
        let told = if node.tone == Tone::Plain { String::new() } else { format!(" (to {})", node.tone.word()) };
        let title = [&*node.frame, &*node.label, &*node.detail].into_iter().filter(|text| !text.is_empty());
        let title = escaped(&format!("{}{told}", title.collect::<Vec<_>>().join(" · ")));
        let middle = xy.x + size.x / 2.;
        let small = small(node);
        let first = xy.y + if small.is_empty() { size.y / 2. + 4. } else { size.y / 2. - 2. };
        let _ = write!(
            self.boxes,
            "<g><title>{title}</title><rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round}\"/>\
             <text text-anchor=\"middle\" x=\"{middle:.1}\" y=\"{first:.1}\">{}</text>",
            node.tone.word(),
            xy.x,
            xy.y,
            size.x,
            size.y,
            escaped(&cut(&node.label)),
        );
        if !small.is_empty() {
            let _ = write!(
                self.boxes,
                "<text class=\"detail\" text-anchor=\"middle\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>",
                first + 14.,
                escaped(&cut(&small)),
            );
        }
        self.boxes.push_str("</g>\n");
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _dashed: bool,
        _head: (bool, bool),
        _look: &StyleAttr,
        properties: Option<String>,
        _text: &str,
    ) {
        let ends = properties.as_deref().and_then(|ends| ends.split_once(' '));
        let Some((from, to)) = ends.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?))) else { return };
        for (a, b) in path {
            self.reach(a.x.max(b.x), a.y.max(b.y));
        }
        // The first pair holds the start, every other one a point that the arrow passes; the last of them is its end.
        let passed: Vec<Point> = path.iter().skip(1).map(|(_, point)| *point).collect();
        let bends = passed.split_last().map(|(_, bends)| bends.to_vec()).unwrap_or_default();
        self.arrows.push((from, to, bends));
    }

    /// What an arrow says; boxes have written their own.
    fn draw_text(&mut self, xy: Point, text: &str, _look: &StyleAttr) {
        if text == BOX {
            return;
        }
        self.reach(xy.x, xy.y);
        let _ = writeln!(
            self.texts,
            "<text class=\"detail\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            xy.x,
            xy.y,
            escaped(text)
        );
    }

    fn draw_line(&mut self, _start: Point, _stop: Point, _look: &StyleAttr, _properties: Option<String>) {}

    fn draw_circle(&mut self, _xy: Point, _size: Point, _look: &StyleAttr, _properties: Option<String>) {}

    fn create_clip(&mut self, _xy: Point, _size: Point, _rounded: usize) -> ClipHandle {
        0
    }
}
