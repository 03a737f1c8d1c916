#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_page_is_whole_and_asks_nobody_for_anything() {
    let mut picture = Picture::default();
    picture.nodes.push(crate::report::picture::Node {
        label: "</script><img src=x onerror=alert(1)>".into(),
        detail: String::new(),
        frame: String::new(),
        tone: crate::report::picture::Tone::Create,
        is_person: false,
    });
    let page = super::picture(&picture);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("<img") && !page.contains("</script><"), "{page}");
    for word in ["src=\"http", "href=\"http", "@import", "url(http", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(word) && !SCRIPT.contains(word), "{word}");
    }
}
