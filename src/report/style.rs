//! What the reader's screen can do.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects};

/// How text for people is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Colours and emphasis by ANSI sequences.
    pub color: bool,
    /// Diagnostics stand beside a rule that tells one from the next.
    pub framed: bool,
    /// Columns before a line of prose is wrapped.
    pub width: usize,
}

/// What a piece of text is emphasised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Something to look at first.
    Bold,
    /// An error, a removal.
    Red,
    /// An addition.
    Green,
    /// A warning, a change in place.
    Yellow,
    /// A read.
    Cyan,
    /// Something to pass over.
    Faint,
    /// The text at fault.
    Underline,
    /// An error's first word.
    BoldRed,
    /// A good end.
    BoldGreen,
    /// A warning's first word.
    BoldYellow,
}

/// Columns of text that is not written to a terminal, as Terraform takes them.
pub const DEFAULT_WIDTH: usize = 78;

impl Style {
    /// For a file, a pipe, or `-no-color`.
    pub const PLAIN: Self = Self { color: false, framed: false, width: DEFAULT_WIDTH };

    /// The text with its emphasis, or as it is without colours.
    pub fn paint(&self, paint: Paint, text: impl Display) -> String {
        if !self.color {
            return text.to_string();
        }
        let style = paint.style();
        format!("{style}{text}{style:#}")
    }
}

impl Paint {
    fn style(self) -> anstyle::Style {
        let plain = anstyle::Style::new();
        let color = |color: AnsiColor| plain.fg_color(Some(color.into()));
        match self {
            Self::Bold => plain.effects(Effects::BOLD),
            Self::Red => color(AnsiColor::Red),
            Self::Green => color(AnsiColor::Green),
            Self::Yellow => color(AnsiColor::Yellow),
            Self::Cyan => color(AnsiColor::Cyan),
            Self::Faint => color(AnsiColor::BrightBlack),
            Self::Underline => plain.effects(Effects::UNDERLINE),
            Self::BoldRed => color(AnsiColor::Red).effects(Effects::BOLD),
            Self::BoldGreen => color(AnsiColor::Green).effects(Effects::BOLD),
            Self::BoldYellow => color(AnsiColor::Yellow).effects(Effects::BOLD),
        }
    }
}

/// Prose wrapped between words at `width` columns; lines that begin with a space are left as they are.
pub fn wrap(text: &str, width: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| wrap_line(line, width)).collect();
    lines.join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    if line.starts_with(' ') {
        return line.to_owned();
    }
    let mut wrapped = String::with_capacity(line.len() + 4);
    let mut column = 0;
    let mut rest = line;
    while !rest.is_empty() {
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let (gap, tail) = rest.split_at(spaces);
        let (word, tail) = tail.split_at(tail.find(' ').unwrap_or(tail.len()));
        let length = word.chars().count();
        if column + spaces + length > width && length < width && column > 0 {
            wrapped.push('\n');
            column = length;
        } else {
            wrapped.push_str(gap);
            column += spaces + length;
        }
        wrapped.push_str(word);
        rest = tail;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_between_words() {
        for (text, expected) in [
            ("", ""),
            ("one two three", "one two\nthree"),
            ("one  two\n\n  indented text stays", "one  two\n\n  indented text stays"),
            ("a wordlongerthanall b", "a wordlongerthanall\nb"),
        ] {
            assert_eq!(wrap(text, 8), expected);
        }
    }
}
