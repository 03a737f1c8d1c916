//! The syntax tree: what was written, with its place, independent of the parser and of the concrete syntax
//! (native or JSON).

use std::sync::Arc;

use crate::span::Span;
use crate::value::Value;

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ident {
    /// The text.
    pub name: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// The contents of a file or of a block.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// `name = expression`, in source order.
    pub attributes: Vec<Attribute>,
    /// `type "label" { ... }`, in source order.
    pub blocks: Vec<Block>,
    /// From the first to the last byte (for a block: between the braces); `None` for a body made by the engine.
    pub span: Option<Span>,
    /// Written in JSON syntax: a property may be an argument or a block, which only the schema tells.
    pub json: bool,
}

/// `name = expression`
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The left side.
    pub name: Ident,
    /// The right side.
    pub value: Expression,
    /// The whole.
    pub span: Span,
}

/// `type "label" { body }`
#[derive(Debug, Clone)]
pub struct Block {
    /// The first word.
    pub kind: Ident,
    /// Labels, quoted or bare.
    pub labels: Vec<Ident>,
    /// Between the braces.
    pub body: Body,
    /// Type and labels: what diagnostics point at.
    pub header: Span,
    /// All of it.
    pub span: Span,
    /// The header of the last block of an override file that was laid over it.
    pub overridden: Option<Span>,
}

/// An expression with its place.
#[derive(Debug, Clone)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it is.
    pub span: Span,
}

/// The forms of HCL native syntax (hashicorp/hcl, hclsyntax/spec.md).
#[derive(Debug, Clone)]
pub enum ExpressionKind {
    /// A number, bool, `null`, or a string without interpolation.
    Literal(Value),
    /// `"a${b}c"` or a heredoc, whose indentation is already stripped; also a template read from a file.
    Template(Vec<TemplatePart>),
    /// `"${x}"`: the value of `x`, not made a string.
    Wrapped(Box<Expression>),
    /// `[a, b]`
    Tuple(Vec<Expression>),
    /// `{ a = b, (c) = d }`
    Object(Vec<ObjectItem>),
    /// A root name and steps: `var.a[each.key].b[*].c`.
    Reference(Reference),
    /// Steps on any other expression: `f(x).a[0]`, `(a).b`.
    Access {
        /// The expression that is stepped into.
        source: Box<Expression>,
        /// At least one.
        steps: Vec<Step>,
    },
    /// `f(a, b...)`, `ns::f(a)`
    Call(Call),
    /// `[for k, v in c : x if y]`, `{for k, v in c : x => y... if z}`
    For(Box<For>),
    /// `-a`, `!a`
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `c ? a : b`
    Conditional {
        /// Before the `?`.
        condition: Box<Expression>,
        /// Chosen by true.
        when_true: Box<Expression>,
        /// Chosen by false.
        when_false: Box<Expression>,
    },
    /// `(a)`
    Parenthesis(Box<Expression>),
    /// What stands where the text could not be read; a diagnostic was given already. Evaluates to unknown.
    Invalid,
}

/// A root name followed by steps.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The first name: `var`, `azurerm_subnet`, or a `for` variable.
    pub root: Ident,
    /// What follows, in order.
    pub steps: Vec<Step>,
}

/// One step into a value.
#[derive(Debug, Clone)]
pub enum Step {
    /// `.name`
    Attribute(Ident),
    /// `[key]`
    Index(Box<Expression>),
    /// `.0`
    LegacyIndex(u64, Span),
    /// `[*]`, followed by the steps applied to each element (attributes and indexes).
    Splat {
        /// What is applied to each element.
        each: Vec<Step>,
        /// The place of the `[*]`.
        span: Span,
    },
    /// `.*`, followed by the attribute steps applied to each element.
    AttributeSplat {
        /// What is applied to each element.
        each: Vec<Step>,
        /// The place of the `.*`.
        span: Span,
    },
}

/// One item of an object constructor.
#[derive(Debug, Clone)]
pub struct ObjectItem {
    /// The key.
    pub key: ObjectKey,
    /// The value.
    pub value: Expression,
}

/// The key of an object item.
#[derive(Debug, Clone)]
pub enum ObjectKey {
    /// A bare word, which is the key itself.
    Name(Ident),
    /// Anything else, parenthesised or quoted.
    Expression(Box<Expression>),
    /// The name of a property in JSON syntax, which may stand once in an object that is a value.
    Property(Box<Expression>),
}

/// `name(arguments)`
#[derive(Debug, Clone)]
pub struct Call {
    /// With its namespace, if any: `core::length`.
    pub name: Ident,
    /// In order.
    pub arguments: Vec<Expression>,
    /// The last argument is followed by `...`.
    pub expand_last: bool,
    /// From the opening to the closing parenthesis.
    pub parentheses: Span,
}

/// A `for` expression.
#[derive(Debug, Clone)]
pub struct For {
    /// `k` in `k, v`.
    pub key_name: Option<Ident>,
    /// `v`.
    pub value_name: Ident,
    /// After `in`.
    pub collection: Expression,
    /// The key of an object `for`; `None` makes a tuple.
    pub key: Option<Expression>,
    /// The element.
    pub value: Expression,
    /// `...` after the value: group by key.
    pub grouped: bool,
    /// After `if`.
    pub condition: Option<Expression>,
}

/// A part of a template. Strip markers and heredoc indentation have been applied to the literals.
#[derive(Debug, Clone)]
pub enum TemplatePart {
    /// Text.
    Literal(Arc<str>, Span),
    /// `${x}`
    Interpolation(Expression),
    /// `%{ if c }..%{ else }..%{ endif }`
    If {
        /// After `if`.
        condition: Box<Expression>,
        /// Chosen by true.
        when_true: Vec<TemplatePart>,
        /// Chosen by false; empty without `else`.
        when_false: Vec<TemplatePart>,
        /// From `%{ if` to the end of `%{ endif }`.
        span: Span,
    },
    /// `%{ for k, v in c }..%{ endfor }`
    For(Box<TemplateFor>),
}

/// `%{ for k, v in c }..%{ endfor }`
#[derive(Debug, Clone)]
pub struct TemplateFor {
    /// `k` in `k, v`.
    pub key_name: Option<Ident>,
    /// `v`.
    pub value_name: Ident,
    /// After `in`.
    pub collection: Expression,
    /// Repeated for each element.
    pub body: Vec<TemplatePart>,
    /// `%{ for k, v in c }`
    pub opening: Span,
    /// From `%{ for` to the end of `%{ endfor }`.
    pub span: Span,
}

/// `-` and `!`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// In six levels of binding, tightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Body {
    /// The attribute of that name, the first if there are several.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name.name == name)
    }

    /// The blocks of that type, in source order.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> + 'a {
        self.blocks.iter().filter(move |b| &*b.kind.name == kind)
    }
}
