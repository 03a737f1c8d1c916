//! The leaves of random expressions: plain ones first, then those at the edges.

use crate::expressions::Kind;

/// What the expressions may refer to.
pub const DECLARATIONS: &str = r#"
terraform {
  required_providers {
    terraform = {
      source = "terraform.io/builtin/terraform"
    }
  }
}

# Variables without a value: nothing is known of them but their types.
variable "any" {}

variable "text" {
  type = string
}

variable "number" {
  type     = number
  nullable = false
}

variable "list" {
  type = list(string)
}

variable "set" {
  type = set(number)
}

variable "map" {
  type = map(object({ a = number, b = list(string) }))
}

variable "object" {
  type = object({ a = string, b = any })
}

variable "tuple" {
  type = tuple([string, number])
}

variable "token" {
  type      = string
  sensitive = true
}

locals {
  text     = "text"
  secret   = sensitive("hush")
  hidden   = sensitive(7)
  absent   = false ? tolist(["a"]) : null
  things   = tomap({ one = { a = 1, b = tolist(["d"]), c = true }, two = { a = null, b = tolist([]), c = null } })
  numbers  = [3, 1, 2]
  table    = { a = 1, b = { c = [true] } }
  part     = { a = 1, b = sensitive("s"), c = var.any }
  template = "<$${a}>%%{ if true }y%%{ endif }"
  wrong    = "<$${nope.x}>"
  open     = "a $${"
}
"#;

/// Things that fit nowhere in particular.
pub const ODDITIES: &[&str] = &[
    "null",
    "tostring(null)",
    "tonumber(null)",
    "tobool(null)",
    "tolist(null)",
    "tomap(null)",
    "local.absent",
    "var.any",
    "var.map",
    "var.text",
    "var.number",
    "var.list",
    "var.set",
    "var.object",
    "var.tuple",
    "var.token",
    "var.list[*]",
    "var.object.b",
    "var.list[0]",
    "\"x${var.any}\"",
    "toset([var.any])",
    "tonumber(var.any)",
    "tolist(var.map)",
    "tomap(var.map)",
    "split(\",\", var.any)",
    "toset(split(\",\", var.any))",
    "{ a = tostring(var.any), b = 1 }",
    "length(var.list)",
    "zipmap([\"a\", \"b\"], [1, var.any])",
    "local.secret",
    "local.hidden",
    "sensitive([1, \"a\"])",
    "local.part",
    "local.part.b",
    "local.things",
    "{}",
    "[]",
    "\"\"",
    "1e400",
    "path.module",
    "terraform.workspace",
];

/// Operands of `&&` and `||`: known and sound, since with others Bowline answers as later versions of Terraform do.
pub const LOGICAL: &[&str] =
    &["true", "false", "1 < 2", "\"true\"", "sensitive(true)", "sensitive(false)", "\"false\""];

const TRUTHS: &[&str] = &[
    "var.any == \"x\"",
    "var.number > 1",
    "true",
    "false",
    "1 < 2",
    "\"true\"",
    "sensitive(true)",
    "sensitive(false)",
    "\"false\"",
];

pub const FIELD_NAMES: &[&str] =
    &["a", "b", "c", "\"d e\"", "\"é\"", "\"${local.text}\"", "(local.text)", "1", "true", "\"a\""];

pub const QUOTED_TEXT: &[&str] = &[
    "a",
    " ",
    "é",
    "\\n",
    "\\t",
    "$${",
    "%%{",
    "\\\"",
    "$ ",
    "% ",
    "\\\\",
    "\\u00e9",
    "\\U0001F600",
    "e\u{301}",
    "  x  ",
    "{}",
    "1",
    "$$ ",
    "\\r",
    "#",
    "//",
    "\u{2028}",
    "<&>",
];

pub const HEREDOC_TEXT: &[&str] =
    &["a", "\n", "  b\n", "\t\tc\n", "    ", "$${", "%%{", "\\n", "\"", "é", "\n\n", "EOT x", "$ ", "% "];

const NUMBERS: &[&str] = &[
    "1",
    "0",
    "2",
    "-1",
    "1.5",
    "10",
    "3",
    "-7",
    "0.1",
    "255",
    "1e3",
    "1e-7",
    "123456789012345678901234567890",
    "-0.5",
    "1e50",
    "9007199254740993",
    "1 / 3",
    "\"12\"",
    "\"0x1F\"",
    "\" 1\"",
    "18446744073709551616",
    "0.30000000000000004",
    "1e21",
    "2.50",
    "-0",
];
const SMALLS: &[&str] = &["1", "0", "2", "3", "-1", "4", "5", "8", "16", "1.5", "-2", "\"2\"", "64", "100"];
const TEXTS: &[&str] = &[
    "\"a\"",
    "\"hello world\"",
    "\"\"",
    "\"Héllo Wörld\"",
    "\"a,b,c\"",
    "\" padded \"",
    "\"1\"",
    "\"true\"",
    "\"\\n\"",
    "\"line\\nline\\r\\n\"",
    "\"日本語\"",
    "\"e\\u0301a\"",
    "\"👨‍👩‍👧x\"",
    "\"ǆ ŉ ß İ\"",
    "\"tab\\tend\"",
    "\"/usr/lib/x.tar.gz\"",
    "\"-1.50\"",
    "\"a.b-c_d\"",
    "\"\\u0000\\u001f\"",
    "\"<a href='x'>&\"",
    "\"$${x} %%{y}\"",
    "local.text",
    "local.secret",
    "\"ﬁ\\u200b\\ufeff\"",
    "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"",
    "\"dns\"",
    "\",\"",
];
const KEYS: &[&str] = &["\"a\"", "\"b\"", "\"nope\"", "\"d e\"", "1", "true", "null", "0", "var.any"];
const NUMBER_LISTS: &[&str] = &[
    "[1, 2, 3]",
    "[]",
    "[0.5, -1]",
    "tolist([3, 1, 2])",
    "toset([3, 20, 100])",
    "[\"4\", 5]",
    "local.numbers",
    "[1, null]",
];
const TEXT_LISTS: &[&str] = &[
    "[\"a\", \"b\"]",
    "[]",
    "[\"b\", \"a\", \"\", \"a\"]",
    "tolist([\"x\"])",
    "toset([\"b\", \"a\", \"10\", \"9\"])",
    "[\"a\", null, \"\"]",
    "tolist([])",
    "[\"é\", \"z\", \"A\", \"_\"]",
    "[\"a\", 1, true]",
    "[local.secret, \"a\"]",
    "[var.any, \"a\"]",
    "toset([])",
];
const TRUTH_LISTS: &[&str] =
    &["[true]", "[true, false]", "[]", "[\"true\", null]", "tolist([false])", "[true, var.any == \"\"]"];
const SEQUENCES: &[&str] = &[
    "[1, \"a\", null]",
    "[]",
    "[[1, 2], [3], []]",
    "tolist([\"a\", \"b\", \"a\"])",
    "toset([1, 2, 2])",
    "[{ a = 1 }, { a = 2 }]",
    "[{ a = 1, b = \"x\" }, { a = \"y\" }]",
    "tolist([{ a = [1] }, { a = [] }])",
    "[[\"a\"], [[\"b\"], null]]",
    "toset([[1], [2]])",
    "[true, 0]",
    "local.numbers",
    "[null]",
    "toset([{ a = 1 }])",
    "[var.any, 1]",
    "tolist([null, \"a\"])",
    "[sensitive(1), 2]",
    "[tolist([1]), tolist([\"a\"])]",
    "[{}, { a = null }]",
];
const MAPPINGS: &[&str] = &[
    "{ a = 1 }",
    "{}",
    "{ a = 1, b = \"x\" }",
    "tomap({ b = 2, a = 1 })",
    "{ a = [\"x\", \"y\"], b = [\"y\"] }",
    "{ a = { b = { c = 1 } } }",
    "{ a = null }",
    "tomap({})",
    "tomap({ a = [1], b = [] })",
    "{ \"b\" = 1, \"a\" = true, \"10\" = null, \"9\" = [] }",
    "local.table",
    "local.part",
    "local.things",
    "tomap({ a = { x = 1 }, b = { x = null } })",
    "{ a = local.secret }",
    "local.things[\"one\"]",
    "{ a = var.any, b = 2 }",
    "{ é = 1 }",
];
const PATTERNS: &[&str] = &[
    "\"[a-z]+\"",
    "\"(a)(b)?\"",
    "\"(?P<first>\\\\w+)\\\\s(?P<second>\\\\w+)\"",
    "\"\\\\d+\"",
    "\"\"",
    "\"/[lo]+/\"",
    "\"(?i)HELLO\"",
    "\"^.*$\"",
    "\"(\"",
    "\"[[:alpha:]]\"",
    "\"\\\\p{Greek}|é\"",
    "\"(?P<a>x)(y)\"",
    "\"a{2,1}\"",
    "\"(?s).+?\"",
    "\"\\\\bw\"",
    "\"/(o)/\"",
    "\"(?=x)\"",
    "\"\\\\Qa.b\\\\E\"",
];
const TEMPLATES: &[&str] =
    &["local.template", "local.text", "local.wrong", "local.open", "local.secret", "\"written\"", "local.absent"];
const FORMATS: &[&str] = &[
    "\"%s\"",
    "\"%d\"",
    "\"%s-%s\"",
    "\"%v\"",
    "\"%#v\"",
    "\"%5s|%-5s|\"",
    "\"%05d\"",
    "\"%.2f\"",
    "\"%q\"",
    "\"%x %X\"",
    "\"%t\"",
    "\"%%\"",
    "\"%b %o\"",
    "\"%e %g\"",
    "\"%[2]s %[1]s\"",
    "\"%+d % d\"",
    "\"%3v|%-8v|\"",
    "\"%.3s\"",
    "\"%z\"",
    "\"%\"",
    "\"no verb\"",
    "\"%*d\"",
    "\"%E %G\"",
    "\"%#x %#o %#b\"",
    "\"%10.3f|%-10.1e|\"",
    "\"%08.3f %+.1f\"",
    "\"é%2s\"",
    "\"%[3]v\"",
    "\"%.0f %.10g\"",
];
const DIGITS: &[&str] = &[
    "\"ff\"",
    "\"10\"",
    "\"-7\"",
    "\"z\"",
    "\"\"",
    "\"0x1f\"",
    "\"12345678901234567890123\"",
    "\"Zz\"",
    "\"+1\"",
    "5",
];
const ENCODED: &[&str] = &[
    "\"aGVsbG8=\"",
    "\"\"",
    "\"aGVsbG8\"",
    "\"/w==\"",
    "\"w6k=\"",
    "\"!\"",
    "\"aAB1AA==\"",
    "\"4pyT\\n\"",
    "\"a GVs\"",
];
const CSVS: &[&str] = &[
    "\"a,b\\n1,2\\n\"",
    "\"a\\n\"",
    "\"\"",
    "\"a,a\\n1,2\"",
    "\"a,b\\n1\"",
    "\"\\\"x y\\\",z\\n\\\"1\\\"\\\"2\\\",3\"",
    "\"a,b\\r\\n1,2\\r\\n\\r\\n3,4\"",
    "\"a\\n\\\"open\"",
    "\"a;b\\n1;2\"",
    "\"a, b\\n x,\\\"y\\\"\"",
    "\"a\\nb\\\"c\"",
];
const JSONS: &[&str] = &[
    "\"{\\\"a\\\": [1, 2.50, null]}\"",
    "\"[]\"",
    "\"1e5\"",
    "\"\\\"x\\\\u00e9\\\\n\\\"\"",
    "\"{\"",
    "\"\"",
    "\"{\\\"a\\\":1,\\\"a\\\":2}\"",
    "\"[1,\\\"a\\\",{\\\"b\\\":true}]\"",
    "\"nul\"",
    "\" 1 2\"",
    "\"-0\"",
    "\"01\"",
    "\"[1,]\"",
    "\"\\\"\\\\ud83d\\\\ude00\\\"\"",
    "\"123456789012345678901234567890.5\"",
    "\"\\\"a\"",
];
const YAMLS: &[&str] = &[
    "\"a: 1\\nb: [x, y]\\n\"",
    "\"- 1\\n- two\\n- ~\\n\"",
    "\"\"",
    "\"0x1F\"",
    "\"yes\"",
    "\"2020-01-01\"",
    "\"a: &x {b: 1}\\nc: *x\\n\"",
    "\"|\\n  line\\n  two\\n\"",
    "\"a: b: c\"",
    "\"'single ''q'''\"",
    "\"1_000\"",
    "\".inf\"",
    "\"!!str 1\"",
    "\"{a: 1, b: {}}\"",
    "\"a: 1\\na: 2\\n\"",
    "\"--- x\\n--- y\\n\"",
    "\"<<: {a: 1}\\nb: 2\\n\"",
    "\"1e3\"",
    "\"0o17\"",
    "\"017\"",
    "\"- - a\\n  - b\\n-\\n\"",
    "\"? x\\n: y\\n\"",
    "\"1: a\\ntrue: b\\nnull: c\\n\"",
    "\"\\\"esc\\\\x41\\\"\"",
    "\">-\\n a\\n b\\n\\n c\\n\"",
    "\"!!binary aGk=\"",
    "\"12:30:45\"",
    "\"-.5\"",
];
const TFVARS: &[&str] = &[
    "\"a = 1\\nb = [\\\"x\\\"]\\n\"",
    "\"\"",
    "\"a =\"",
    "\"a = upper(\\\"x\\\")\"",
    "\"a {}\"",
    "\"a = { b = null }\"",
    "\"a = x\"",
];
const CHARSETS: &[&str] = &[
    "\"UTF-16LE\"",
    "\"UTF-8\"",
    "\"ISO-8859-1\"",
    "\"nope\"",
    "\"UTF-16BE\"",
    "\"UTF-16\"",
    "\"windows-1252\"",
    "\"shift_jis\"",
    "\"GB18030\"",
    "\"us-ascii\"",
];
const FILES: &[&str] = &[
    "\"files/a.txt\"",
    "\"files/greet.tpl\"",
    "\"files/nope\"",
    "\"files\"",
    "\"files/raw.bin\"",
    "\"${path.module}/files/a.txt\"",
    "\"./files/../files/a.txt\"",
    "\"\"",
    "\"files/bad.tpl\"",
    "\"files/recursive.tpl\"",
];
const GLOBS: &[&str] = &[
    "\"*\"",
    "\"*.tpl\"",
    "\"**/*\"",
    "\"[a-g]*\"",
    "\"files/*\"",
    "\"{a,greet}.*\"",
    "\"**\"",
    "\"[\"",
    "\"sub/**\"",
    "\"?.txt\"",
    "\"../*.tf\"",
];
const DATE_FORMATS: &[&str] = &[
    "\"YYYY-MM-DD\"",
    "\"DD MMM YYYY hh:mm:ss ZZZ\"",
    "\"EEEE, DD-MMM-YY hh:mm:ss ZZZ\"",
    "\"'quoted' HH aa\"",
    "\"M/D/YY H:m:s AA\"",
    "\"Z ZZ ZZZZ ZZZZZ\"",
    "\"YYY\"",
    "\"x\"",
    "\"'open\"",
    "\"hhh\"",
    "\"MMMM EEE D\"",
    "\"''\"",
    "\"é\"",
];
const MOMENTS: &[&str] = &[
    "\"2024-02-29T13:04:05Z\"",
    "\"2000-01-01T00:00:00+05:30\"",
    "\"2023-13-01T00:00:00Z\"",
    "\"2023-01-01\"",
    "\"1999-12-31T23:59:59.123456-08:00\"",
    "\"2023-02-30T00:00:00Z\"",
    "\"2023-01-01T24:00:00Z\"",
    "\"2023-01-01 00:00:00Z\"",
    "\"0001-01-01T00:00:00Z\"",
    "\"2023-01-01T00:00:60Z\"",
    "\"2023-06-01t00:00:00z\"",
];
const DURATIONS: &[&str] = &[
    "\"1h\"",
    "\"10m30s\"",
    "\"-1.5h\"",
    "\"1d\"",
    "\"\"",
    "\"0\"",
    "\"100ms\"",
    "\"1h1\"",
    "\"+5us\"",
    "\".5s\"",
    "\"9999999h\"",
    "\"3ns\"",
];
const NETWORKS: &[&str] = &[
    "\"10.0.0.0/8\"",
    "\"192.168.1.0/24\"",
    "\"fd00::/48\"",
    "\"10.1.2.3/16\"",
    "\"0.0.0.0/0\"",
    "\"10.0.0.0\"",
    "\"10.0.0.0/33\"",
    "\"::1/128\"",
    "\"010.0.0.0/8\"",
    "\"::ffff:10.0.0.0/104\"",
    "\"2001:DB8::/32\"",
    "\"10.0.0.0/30\"",
];

/// The leaves of a kind.
pub fn of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Number => NUMBERS,
        Kind::Small => SMALLS,
        Kind::Text => TEXTS,
        Kind::Truth => TRUTHS,
        Kind::Numbers => NUMBER_LISTS,
        Kind::Texts => TEXT_LISTS,
        Kind::Truths => TRUTH_LISTS,
        Kind::Sequence => SEQUENCES,
        Kind::Mapping => MAPPINGS,
        Kind::Anything => {
            &["1", "\"a\"", "true", "null", "[1, \"a\"]", "{ a = 1 }", "tolist([])", "1.5", "\"é\"", "toset([\"a\"])"]
        }
        Kind::Digits => DIGITS,
        Kind::Key => KEYS,
        Kind::Pattern => PATTERNS,
        Kind::Template => TEMPLATES,
        Kind::Format => FORMATS,
        Kind::Encoded => ENCODED,
        Kind::Csv => CSVS,
        Kind::Json => JSONS,
        Kind::Yaml => YAMLS,
        Kind::Tfvars => TFVARS,
        Kind::Charset => CHARSETS,
        Kind::File => FILES,
        Kind::Glob => GLOBS,
        Kind::DateFormat => DATE_FORMATS,
        Kind::Moment => MOMENTS,
        Kind::Duration => DURATIONS,
        Kind::Network => NETWORKS,
    }
}
