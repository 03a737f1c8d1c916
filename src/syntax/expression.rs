//! Expressions: operators, terms and the steps into them.

use crate::syntax::cursor::{MAX_DEPTH, Parser, Read};
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::tree::{BinaryOperator, Expression, ExpressionKind, Reference, Step, UnaryOperator};
use crate::value::{Number, Type, Value};

/// The binary operators with how tightly each binds, loosest 1.
fn binary_operator(kind: TokenKind) -> Option<(u8, BinaryOperator)> {
    Some(match kind {
        TokenKind::Or => (1, BinaryOperator::Or),
        TokenKind::And => (2, BinaryOperator::And),
        TokenKind::EqualTo => (3, BinaryOperator::Equal),
        TokenKind::NotEqualTo => (3, BinaryOperator::NotEqual),
        TokenKind::Greater => (4, BinaryOperator::Greater),
        TokenKind::GreaterOrEqual => (4, BinaryOperator::GreaterOrEqual),
        TokenKind::Less => (4, BinaryOperator::Less),
        TokenKind::LessOrEqual => (4, BinaryOperator::LessOrEqual),
        TokenKind::Plus => (5, BinaryOperator::Add),
        TokenKind::Minus => (5, BinaryOperator::Subtract),
        TokenKind::Star => (6, BinaryOperator::Multiply),
        TokenKind::Slash => (6, BinaryOperator::Divide),
        TokenKind::Percent => (6, BinaryOperator::Modulo),
        _ => return None,
    })
}

impl Parser<'_> {
    /// Reads an expression.
    pub fn expression(&mut self) -> Read<Expression> {
        let around = std::mem::take(&mut self.height);
        let expression = self.nested(Self::conditional);
        self.height = around.max(self.height + 1);
        expression
    }

    /// Notes that an operator stands above what was read; chains of them grow without nesting.
    fn raise(&mut self, at: Token) -> Read<()> {
        self.height += 1;
        if self.height > MAX_DEPTH { Err(self.too_deep(at)) } else { Ok(()) }
    }

    fn conditional(&mut self) -> Read<Expression> {
        let first = self.peek();
        let condition = self.binary(1)?;
        if self.read_if(TokenKind::Question).is_none() {
            return Ok(condition);
        }
        let when_true = self.expression()?;
        let colon = self.peek();
        if colon.kind != TokenKind::Colon {
            let context = self.span_between(first, colon);
            let detail = "The conditional operator (... ? ... : ...) needs a colon and a second result.";
            let summary = "Missing false expression in conditional";
            return Err(self.fail_anew(self.span(colon), Some(context), summary, detail));
        }
        self.read();
        let when_false = self.expression()?;
        let span = condition.span.to(when_false.span);
        let kind = ExpressionKind::Conditional {
            condition: Box::new(condition),
            when_true: Box::new(when_true),
            when_false: Box::new(when_false),
        };
        Ok(Expression { kind, span })
    }

    /// Reads a chain of binary operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Read<Expression> {
        let mut left = self.term_with_steps()?;
        loop {
            let token = self.peek();
            let Some((binding, operator)) = binary_operator(token.kind).filter(|(b, _)| *b >= least) else {
                return Ok(left);
            };
            self.read();
            let right = self.binary(binding + 1)?;
            self.raise(token)?;
            let span = left.span.to(right.span);
            left = Expression { kind: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)), span };
        }
    }

    fn term_with_steps(&mut self) -> Read<Expression> {
        let first = self.peek();
        let term = self.term()?;
        let steps = self.steps()?;
        if steps.is_empty() {
            return Ok(term);
        }
        let span = self.span_from(first);
        let kind = match term.kind {
            ExpressionKind::Reference(Reference { root, .. }) => ExpressionKind::Reference(Reference { root, steps }),
            _ => ExpressionKind::Access { source: Box::new(term), steps },
        };
        Ok(Expression { kind, span })
    }

    fn term(&mut self) -> Read<Expression> {
        let first = self.peek();
        match first.kind {
            TokenKind::Number => self.number(),
            TokenKind::Identifier => self.name_or_call(),
            TokenKind::OpenQuote => self.quoted_template(),
            TokenKind::OpenHeredoc => self.heredoc(),
            TokenKind::OpenParen => self.parenthesis(),
            TokenKind::OpenBracket => self.nested(Self::tuple),
            TokenKind::OpenBrace => self.nested(Self::object),
            TokenKind::Minus => self.unary(UnaryOperator::Negate),
            TokenKind::Bang => self.unary(UnaryOperator::Not),
            TokenKind::End => {
                let detail = "An expression must start here, but the text ends.";
                Err(self.fail(first, "Missing expression", detail))
            }
            _ => {
                let detail = "An expression must start here, but this cannot start one.";
                Err(self.fail(first, "Invalid expression", detail))
            }
        }
    }

    /// An operator binds its term and the steps after it only: `-a.b + c` is `(-(a.b)) + c`.
    fn unary(&mut self, operator: UnaryOperator) -> Read<Expression> {
        let token = self.read();
        let operand = self.nested(Self::term_with_steps)?;
        self.raise(token)?;
        let span = self.span_from(token);
        Ok(Expression { kind: ExpressionKind::Unary(operator, Box::new(operand)), span })
    }

    fn parenthesis(&mut self) -> Read<Expression> {
        let open = self.read();
        self.with_newlines(false, |parser| {
            let inner = parser.expression()?;
            let close = parser.peek();
            if close.kind != TokenKind::CloseParen {
                let context = parser.span_between(open, close);
                let detail = "Here the closing parenthesis of the expression must be.";
                return Err(parser.fail_anew(parser.span(close), Some(context), "Unbalanced parentheses", detail));
            }
            parser.read();
            Ok(Expression { kind: ExpressionKind::Parenthesis(Box::new(inner)), span: parser.span_from(open) })
        })
    }

    fn number(&mut self) -> Read<Expression> {
        let token = self.read();
        let Some(number) = Number::parse(self.text_of(token)) else {
            return Err(self.fail(token, "Invalid number literal", "This is not a number that can be understood."));
        };
        Ok(Expression { kind: ExpressionKind::Literal(Value::number(number)), span: self.span(token) })
    }

    fn name_or_call(&mut self) -> Read<Expression> {
        let token = self.read();
        if matches!(self.peek_kind(), TokenKind::OpenParen | TokenKind::DoubleColon) {
            return self.call(token);
        }
        let kind = match self.text_of(token) {
            "true" => ExpressionKind::Literal(Value::bool(true)),
            "false" => ExpressionKind::Literal(Value::bool(false)),
            "null" => ExpressionKind::Literal(Value::null(Type::Dynamic)),
            _ => ExpressionKind::Reference(Reference { root: self.ident(token), steps: Vec::new() }),
        };
        Ok(Expression { kind, span: self.span(token) })
    }

    /// Reads the steps that follow a term.
    pub fn steps(&mut self) -> Read<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            match self.peek_kind() {
                TokenKind::Dot => {
                    let dot = self.read();
                    if self.peek_kind() == TokenKind::Star {
                        let star = self.read();
                        let each = self.attribute_steps()?;
                        steps.push(Step::AttributeSplat { each, span: self.span_between(dot, star) });
                    } else {
                        steps.push(self.dotted_step()?);
                    }
                }
                TokenKind::OpenBracket => {
                    let step = self.nested(Self::bracketed_step)?;
                    let last = matches!(step, Step::Splat { .. });
                    steps.push(step);
                    if last {
                        // Whatever follows has become part of the splat.
                        return Ok(steps);
                    }
                }
                _ => {
                    // Most references have one or two steps, and the tree is kept for the whole run.
                    steps.shrink_to_fit();
                    return Ok(steps);
                }
            }
        }
    }

    /// Reads what follows a dot: a name, or a number in the manner of Terraform 0.11.
    fn dotted_step(&mut self) -> Read<Step> {
        let token = self.peek();
        match token.kind {
            TokenKind::Identifier => {
                self.read();
                Ok(Step::Attribute(self.ident(token)))
            }
            TokenKind::Number => {
                self.read();
                self.legacy_index(token)
            }
            _ => {
                let detail = "After a dot, the name of an attribute must follow.";
                Err(self.fail_anew(self.span(token), None, "Invalid attribute name", detail))
            }
        }
    }

    fn legacy_index(&mut self, token: Token) -> Read<Step> {
        let digits = self.text_of(token);
        if let Some((first, second)) = digits.split_once('.') {
            let detail =
                format!("Two indexes in a row cannot be written with dots. Write [{first}][{second}] instead.");
            return Err(self.fail(token, "Invalid legacy index syntax", detail));
        }
        match digits.parse() {
            Ok(index) => Ok(Step::LegacyIndex(index, self.span(token))),
            Err(_) => Err(self.fail(token, "Invalid number literal", "This index is not a whole number.")),
        }
    }

    /// Reads the steps that `.*` applies to each element: names and numbers after dots.
    fn attribute_steps(&mut self) -> Read<Vec<Step>> {
        let mut each = Vec::new();
        while self.read_if(TokenKind::Dot).is_some() {
            let next = self.peek();
            if next.kind == TokenKind::Star {
                let detail = "The steps after \".*\" cannot hold another \"*\". Use \"[*]\" for both.";
                return Err(self.fail(next, "Nested splat expression not allowed", detail));
            }
            each.push(self.dotted_step()?);
        }
        Ok(each)
    }

    /// Reads `[key]` or `[*]` with the steps that follow it.
    fn bracketed_step(&mut self) -> Read<Step> {
        let open = self.read();
        if self.read_if(TokenKind::Star).is_some() {
            let close = self.peek();
            if close.kind != TokenKind::CloseBracket {
                let detail = "The star of a splat (\"[*]\") is followed by the closing bracket at once.";
                return Err(self.fail(close, "Missing close bracket on splat index", detail));
            }
            self.read();
            let span = self.span_from(open);
            return Ok(Step::Splat { each: self.steps()?, span });
        }
        self.with_newlines(false, |parser| {
            let key = parser.expression()?;
            let close = parser.peek();
            if close.kind != TokenKind::CloseBracket {
                let context = parser.span_between(open, close);
                let detail = "Here the closing bracket of the index must be.";
                return Err(parser.fail_at(
                    parser.span(close),
                    Some(context),
                    "Missing close bracket on index",
                    detail,
                ));
            }
            parser.read();
            Ok(Step::Index(key.into()))
        })
    }
}
