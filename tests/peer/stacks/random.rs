//! Random small stacks on `terraform_data`, and how they are edited from step to step.
//!
//! A list of choices, which proptest makes, is read from front to back while a script is written: shorter lists and
//! smaller numbers give simpler stacks.

mod forms;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The script of a seed.
pub fn script(seed: u64) -> String {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let choices = vec(any::<u32>(), 600).new_tree(&mut runner).unwrap().current();
    let mut writer =
        Writer { choices: Choices(choices), stack: Stack::default(), fresh: 0, empty: false, script: String::new() };
    writer.write();
    writer.script
}

struct Choices(Vec<u32>);

impl Choices {
    /// A number below `limit`; 0 when there are no more choices.
    fn below(&mut self, limit: usize) -> usize {
        self.0.pop().map_or(0, |choice| choice as usize % limit)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 1
    }

    fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Repetition {
    None,
    Count(usize),
    Keys(usize),
}

#[derive(Clone)]
struct Block {
    name: String,
    repetition: Repetition,
    input: String,
    triggers: Option<String>,
    lifecycle: Vec<String>,
    depends_on: Option<String>,
}

#[derive(Default)]
struct Stack {
    number: usize,
    locals: Vec<(String, String)>,
    blocks: Vec<Block>,
    outputs: Vec<(String, String)>,
    statements: Vec<String>,
    /// A module call: its repetition and the argument that it is given.
    call: Option<(Repetition, String)>,
}

const KEYS: [&str; 4] = ["a", "b", "c d", "e.f"];

struct Writer {
    choices: Choices,
    stack: Stack,
    fresh: usize,
    /// Some block has been without instances.
    empty: bool,
    script: String,
}

impl Writer {
    fn write(&mut self) {
        self.begin();
        self.step("apply");
        self.edit();
        self.step("plan");
        self.bare("apply saved");
        self.edit();
        let flags = self.flags();
        self.step(&format!("plan{flags}"));
        self.edit();
        self.step("apply");
        if self.choices.one_in(3) {
            self.bare(if self.choices.0.len().is_multiple_of(2) { "plan -destroy" } else { "destroy" });
        }
    }

    fn begin(&mut self) {
        self.stack.number = self.choices.below(3);
        for _ in 0..self.choices.below(3) {
            let (name, value) = (self.name("l"), self.any(2));
            self.stack.locals.push((name, value));
        }
        for _ in 0..=self.choices.below(4) {
            self.add_block();
        }
        if self.choices.one_in(3) {
            let (repetition, argument) = (self.repetition(), self.any(1));
            self.stack.call = Some((repetition, argument));
        }
        for _ in 0..=self.choices.below(3) {
            let (name, value) = (self.name("o"), self.any(2));
            self.stack.outputs.push((name, value));
        }
    }

    fn name(&mut self, prefix: &str) -> String {
        self.fresh += 1;
        format!("{prefix}{}", self.fresh)
    }

    fn repetition(&mut self) -> Repetition {
        let repetition = match self.choices.below(4) {
            0 | 1 => Repetition::None,
            2 => Repetition::Count(self.choices.below(3)),
            _ => Repetition::Keys(self.choices.below(KEYS.len() + 1)),
        };
        self.empty |= matches!(repetition, Repetition::Count(0) | Repetition::Keys(0));
        repetition
    }

    fn add_block(&mut self) {
        let repetition = self.repetition();
        let own = match repetition {
            Repetition::None => None,
            Repetition::Count(_) => Some("count.index"),
            Repetition::Keys(_) => Some("each.key"),
        };
        let input = match own.filter(|_| self.choices.below(2) == 0) {
            Some(own) => own.to_owned(),
            None => self.any(2),
        };
        let triggers = self.choices.one_in(3).then(|| self.any(1));
        let lifecycle = self.lifecycle();
        let earlier: Vec<String> = self.stack.blocks.iter().map(|b| format!("terraform_data.{}", b.name)).collect();
        let wanted = self.choices.one_in(6) && !earlier.is_empty();
        let depends_on = wanted.then(|| earlier[self.choices.below(earlier.len())].clone());
        let name = self.name("r");
        self.stack.blocks.push(Block { name, repetition, input, triggers, lifecycle, depends_on });
    }

    fn lifecycle(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.choices.one_in(4) {
            lines.push("create_before_destroy = true".to_owned());
        }
        if self.choices.one_in(6) {
            let what = self.choices.of(&["all", "[input]", "[triggers_replace]", "[input, triggers_replace]"]);
            lines.push(format!("ignore_changes = {what}"));
        }
        if self.choices.one_in(5) && !self.stack.blocks.is_empty() {
            let target = &self.stack.blocks[self.choices.below(self.stack.blocks.len())];
            let attribute = if target.repetition == Repetition::None { ".input" } else { "" };
            let suffix = if self.choices.one_in(2) { attribute } else { "" };
            lines.push(format!("replace_triggered_by = [terraform_data.{}{suffix}]", target.name));
        }
        if self.choices.one_in(6) {
            let condition = self.choices.of(&["var.n < 9", "var.n != 2", "length(tostring(var.n)) == 1"]);
            lines.push(format!(
                "precondition {{\n      condition = {condition}\n      error_message = \"n is ${{var.n}}\"\n    }}"
            ));
        }
        if self.choices.one_in(6) {
            let condition = self.choices.of(&["self.id != \"\"", "self.input == self.output", "self.output != 7"]);
            lines.push(format!(
                "postcondition {{\n      condition = {condition}\n      error_message = \"is ${{self.id}}\"\n    }}"
            ));
        }
        lines
    }

    /// A reference to a block that is there.
    fn reference(&mut self) -> Option<String> {
        if self.stack.blocks.is_empty() {
            return None;
        }
        let block = self.stack.blocks[self.choices.below(self.stack.blocks.len())].clone();
        let attribute = self.choices.of(&["input", "output", "id", "output", "triggers_replace"]);
        let name = format!("terraform_data.{}", block.name);
        Some(match block.repetition {
            Repetition::None => format!("{name}.{attribute}"),
            Repetition::Count(n) if n > 0 && self.choices.below(2) == 0 => format!("{name}[0].{attribute}"),
            Repetition::Count(_) => format!("{name}[*].{attribute}"),
            Repetition::Keys(n) if n > 0 && self.choices.below(2) == 0 => format!("{name}[\"a\"].{attribute}"),
            Repetition::Keys(_) => format!("{{ for k, v in {name} : k => v.{attribute} }}"),
        })
    }

    fn any(&mut self, depth: usize) -> String {
        let kinds = if depth == 0 { 7 } else { 30 };
        match self.choices.below(kinds) {
            0 => self.choices.below(4).to_string(),
            1 => format!("\"{}\"", self.choices.of(&["x", "", "é", "a b", "1", "true", "<&>"])),
            2 => self.choices.of(&["true", "false", "null", "1.5", "1e3", "[]", "{}"]).to_owned(),
            3 => "var.n".to_owned(),
            4 => self.local().unwrap_or_else(|| "var.s".to_owned()),
            5 | 6 => self.reference().unwrap_or_else(|| "var.s".to_owned()),
            7 => format!("[{}, {}]", self.any(depth - 1), self.any(depth - 1)),
            8 => format!("{{ k = {}, \"m n\" = {} }}", self.any(depth - 1), self.any(depth - 1)),
            9 => format!("\"p-${{jsonencode({})}}-s\"", self.any(depth - 1)),
            10 => format!("jsonencode({})", self.any(depth - 1)),
            11 => format!("try({}, \"fallback\")", self.any(depth - 1)),
            12 => format!("var.n > 1 ? [{}] : []", self.any(depth - 1)),
            13 => format!("[for x in [{}, {}] : x]", self.any(depth - 1), self.any(depth - 1)),
            14 => format!("{{ for i, x in [{}] : i => x }}", self.any(depth - 1)),
            15 => format!("{} == {}", self.any(depth - 1), self.any(depth - 1)),
            16 => format!("tolist([tostring(var.n), \"{}\"])", self.choices.of(&["x", "y"])),
            17 => format!("toset([\"{}\", tostring(var.n)])", self.choices.of(&["x", "1"])),
            18 => format!("merge({{ a = {} }}, {{ b = var.n }})", self.any(depth - 1)),
            19 => format!("can({}) ? \"yes\" : \"no\"", self.any(depth - 1)),
            _ => self.formed(depth - 1),
        }
    }

    fn local(&mut self) -> Option<String> {
        let count = self.stack.locals.len();
        (count > 0).then(|| format!("local.{}", self.stack.locals[self.choices.below(count)].0))
    }

    /// Changes something.
    fn edit(&mut self) {
        self.stack.statements.clear();
        for _ in 0..=self.choices.below(2) {
            match self.choices.below(9) {
                0 => self.stack.number = self.choices.below(4),
                1 => self.rename(),
                2 => self.drop_block(),
                3 => self.repeat_otherwise(),
                4 => self.add_block(),
                5 => {
                    let (at, value) = (self.choices.below(self.stack.blocks.len().max(1)), self.any(0));
                    if let Some(block) = self.stack.blocks.get_mut(at).filter(|_| !value.contains("terraform_data")) {
                        block.input = value;
                    }
                }
                6 => {
                    let (name, value) = (self.name("o"), self.any(1));
                    self.stack.outputs.push((name, value));
                }
                7 => drop(self.stack.outputs.pop()),
                _ => {
                    if let Some((repetition, _)) = self.stack.call.clone() {
                        let changed =
                            if repetition == Repetition::None { Repetition::Count(1) } else { Repetition::None };
                        self.stack.call = Some((changed, "var.n".to_owned()));
                    }
                }
            }
        }
    }

    /// Whether anything but its own block names a resource.
    fn is_named(&self, name: &str) -> bool {
        let named = format!("terraform_data.{name}");
        let in_blocks = self.stack.blocks.iter().filter(|b| b.name != name).any(|b| {
            b.input.contains(&named)
                || b.triggers.as_ref().is_some_and(|t| t.contains(&named))
                || b.depends_on.as_ref().is_some_and(|d| d.contains(&named))
                || b.lifecycle.iter().any(|l| l.contains(&named))
        });
        in_blocks
            || self.stack.locals.iter().chain(&self.stack.outputs).any(|(_, value)| value.contains(&named))
            || self.stack.call.as_ref().is_some_and(|(_, argument)| argument.contains(&named))
    }

    /// A block that nothing names.
    fn free_block(&mut self) -> Option<usize> {
        let free: Vec<usize> =
            (0..self.stack.blocks.len()).filter(|at| !self.is_named(&self.stack.blocks[*at].name)).collect();
        (!free.is_empty()).then(|| free[self.choices.below(free.len())])
    }

    fn rename(&mut self) {
        let Some(at) = self.free_block() else { return };
        let (old, new) = (self.stack.blocks[at].name.clone(), self.name("r"));
        self.stack.blocks[at].name.clone_from(&new);
        if self.choices.below(4) > 0 {
            self.stack.statements.push(moved(&old, &new));
        }
    }

    fn drop_block(&mut self) {
        let Some(at) = self.free_block() else { return };
        let block = self.stack.blocks.remove(at);
        if self.choices.one_in(2) {
            let destroy = self.choices.one_in(2);
            let from = format!("from = terraform_data.{}", block.name);
            self.stack.statements.push(format!("removed {{\n  {from}\n  lifecycle {{ destroy = {destroy} }}\n}}\n"));
        }
    }

    fn repeat_otherwise(&mut self) {
        let Some(at) = self.free_block() else { return };
        let to = self.repetition();
        let block = &mut self.stack.blocks[at];
        let from = std::mem::replace(&mut block.repetition, to);
        if block.input.contains("each.") || block.input.contains("count.") {
            block.input = "\"same\"".to_owned();
        }
        let name = block.name.clone();
        let key = |of: Repetition| match of {
            Repetition::None => Some(String::new()),
            Repetition::Count(n) => (n > 0).then(|| "[0]".to_owned()),
            Repetition::Keys(n) => (n > 0).then(|| "[\"a\"]".to_owned()),
        };
        if let (Some(old), Some(new)) = (key(from), key(to))
            && old != new
            && self.choices.one_in(2)
        {
            self.stack.statements.push(moved(&format!("{name}{old}"), &format!("{name}{new}")));
        }
    }

    fn flags(&mut self) -> String {
        let block = self.stack.blocks.first().map(|b| (b.name.clone(), b.repetition));
        match (self.choices.below(6), block) {
            (1, Some((name, _))) => format!(" -target=terraform_data.{name}"),
            (2, Some((name, Repetition::None))) => format!(" -replace=terraform_data.{name}"),
            // Terraform counts as a change that it forgets a resource of which nothing is recorded.
            (3, _) if !self.empty => " -refresh-only".to_owned(),
            (4, _) => " -var n=2".to_owned(),
            (5, _) => " -refresh=false".to_owned(),
            _ => String::new(),
        }
    }

    fn bare(&mut self, command: &str) {
        self.script.push_str(&format!("$ {command}\n"));
    }

    fn step(&mut self, command: &str) {
        let mut text = self.stack.text();
        text = text.lines().map(|line| format!("  {line}\n")).collect();
        self.script.push_str(&format!("write main.tf\n{text}"));
        if self.stack.call.is_some() {
            self.script.push_str(&format!("write m/main.tf\n{MODULE}$ init\n"));
        }
        self.bare(command);
    }
}

const MODULE: &str = "  variable \"v\" { default = null }\n  \
                      resource \"terraform_data\" \"in\" { input = var.v }\n  \
                      output \"o\" { value = terraform_data.in.output }\n";

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = terraform_data.{from}\n  to   = terraform_data.{to}\n}}\n")
}

impl Repetition {
    fn line(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Count(n) => format!("  count = {n}\n"),
            Self::Keys(n) => {
                let keys: Vec<String> = KEYS[..n].iter().map(|key| format!("{key:?}")).collect();
                format!("  for_each = toset([{}])\n", keys.join(", "))
            }
        }
    }
}

impl Stack {
    fn text(&self) -> String {
        let mut text =
            format!("variable \"n\" {{ default = {} }}\nvariable \"s\" {{ default = \"str\" }}\n", self.number);
        for (name, value) in &self.locals {
            text.push_str(&format!("locals {{ {name} = {value} }}\n"));
        }
        for block in &self.blocks {
            text.push_str(&block.text());
        }
        if let Some((repetition, argument)) = &self.call {
            text.push_str(&format!("module \"m\" {{\n  source = \"./m\"\n{}  v = {argument}\n}}\n", repetition.line()));
            text.push_str("output \"m\" { value = module.m }\n");
        }
        for (name, value) in &self.outputs {
            text.push_str(&format!("output \"{name}\" {{ value = {value} }}\n"));
        }
        text + &self.statements.concat()
    }
}

impl Block {
    fn text(&self) -> String {
        let mut text = format!("resource \"terraform_data\" \"{}\" {{\n{}", self.name, self.repetition.line());
        text.push_str(&format!("  input = {}\n", self.input));
        if let Some(triggers) = &self.triggers {
            text.push_str(&format!("  triggers_replace = {triggers}\n"));
        }
        if let Some(depends_on) = &self.depends_on {
            text.push_str(&format!("  depends_on = [{depends_on}]\n"));
        }
        if !self.lifecycle.is_empty() {
            text.push_str(&format!("  lifecycle {{\n    {}\n  }}\n", self.lifecycle.join("\n    ")));
        }
        text + "}\n"
    }
}
