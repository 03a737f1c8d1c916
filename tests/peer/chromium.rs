//! The report in a browser: Chromium without a window opens it, a script at its end uses it as a person would, and what
//! the page has become is read back.

use std::process::Command;

use serde_json::Value;

use crate::{Place, found, skipped};

/// Uses the page, and writes what came of it into it.
const USE: &str = r"
<script>
const told = {};
const status = () => document.getElementById('told').textContent;
const search = document.getElementById('search');
const type = (text) => { search.value = text; search.dispatchEvent(new Event('input')); };
const pause = () => new Promise((done) => setTimeout(done, 200));
(async () => {
  told.first = status();
  document.dispatchEvent(new KeyboardEvent('keydown', { key: '/', cancelable: true }));
  told.focused = document.activeElement.id;
  type(WANTED);
  await pause();
  told.found = status();
  search.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  told.again = status();
  const box = document.querySelector('.tools input[value=create]');
  box.click();
  told.without = status();
  box.click();
  document.getElementById('unfold').click();
  told.open = document.querySelectorAll('details.change[open]').length;
  document.getElementById('fold').click();
  told.folded = document.querySelectorAll('details.change[open]').length;
  told.language = document.documentElement.lang;
  told.unnamed = [...document.querySelectorAll('input')].filter((input) => !input.labels.length).length
    + [...document.querySelectorAll('button')].filter((button) => !button.textContent.trim()).length
    + [...document.querySelectorAll('figure, svg')].filter((one) => !one.getAttribute('aria-label')).length
    + [...document.querySelectorAll('section')].filter((one) => !document.getElementById(one.getAttribute('aria-labelledby'))).length;
  told.twice = document.querySelectorAll('[id]').length - new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size;
  told.fetched = performance.getEntriesByType('resource').length;
  told.headings = [...document.querySelectorAll('h1, h2')].map((one) => one.textContent);
  told.wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const out = document.createElement('pre');
  out.id = 'came-of-it';
  out.textContent = JSON.stringify(told);
  document.body.append(out);
})();
</script>
</body>
";

/// What came of using a page.
fn used(place: &Place, page: &str, wanted: &str) -> Option<Value> {
    let Some(chromium) = found("chromium").or_else(|| found("chromium-browser")).or_else(|| found("google-chrome"))
    else {
        skipped("the report in a browser", "there is no chromium; on Debian: apt-get install chromium");
        return None;
    };
    let script = USE.replace("WANTED", &serde_json::to_string(wanted).unwrap());
    place.write("used.html", &page.replace("</body>", &script));
    let file = place.path().join("used.html");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1000,1400"])
        .args(["--virtual-time-budget=20000", "--dump-dom", &format!("file://{}", file.display())])
        .env("HOME", place.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let Some((_, rest)) = text.split_once("<pre id=\"came-of-it\">") else {
        panic!("the page's script did not end: {}", String::from_utf8_lossy(&output.stderr))
    };
    let told = rest.split("</pre>").next().unwrap().replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    Some(serde_json::from_str(&told).unwrap())
}

fn report(place: &Place, arguments: &[&str]) -> String {
    let all: Vec<&str> =
        ["plan", "-no-color", "-report=plan.html"].into_iter().chain(arguments.iter().copied()).collect();
    place.bowline(&all).well();
    std::fs::read_to_string(place.path().join("plan.html")).unwrap()
}

#[test]
fn a_report_is_used_by_keyboard_and_read_aloud() {
    let place = Place::of_example("payments");
    place.bowline(&["init"]).well();
    let page = report(&place, &["-simulate"]);
    assert!(
        page.contains("service accounts shop/checkout and shop/checkout-jobs (cluster aks-payments-prod)"),
        "access changes are missing"
    );
    let Some(told) = used(&place, &page, "secrets role_assignment") else { return };
    assert_eq!(told["first"], "44 of 44 changes shown");
    assert_eq!((&told["again"], &told["without"]), (&told["first"], &"0 of 44 changes shown".into()));
    assert_eq!(told["focused"], "search");
    assert_eq!(told["found"], "5 of 44 changes shown", "{told}");
    assert_eq!((&told["open"], &told["folded"]), (&44.into(), &0.into()));
    assert_eq!((&told["language"], &told["unnamed"], &told["twice"]), (&"en".into(), &0.into(), &0.into()));
    assert_eq!((&told["fetched"], &told["wide"]), (&0.into(), &false.into()));
    assert_eq!(told["headings"][0], "Plan");
    assert_eq!(told["headings"][1], "Access changes");
}

#[test]
fn a_report_of_two_thousand_changes_is_searched() {
    let place = Place::new(
        "variable \"secret\" {\n  default   = \"MARKER-hidden\"\n  sensitive = true\n}\n\
         resource \"terraform_data\" \"many\" {\n  count = 2000\n  input = [\"<script>alert(${count.index})</script>\", var.secret]\n}\n",
    );
    let page = report(&place, &[]);
    assert!(!page.contains("MARKER-hidden"), "something sensitive is in the report");
    assert!(!page.contains("<script>alert("), "a value is read as markup");
    let Some(told) = used(&place, &page, "many[1999]") else { return };
    assert_eq!(told["first"], "2000 of 2000 changes shown");
    assert_eq!(told["found"], "1 of 2000 changes shown");
    assert_eq!(told["open"], 2000);
}
