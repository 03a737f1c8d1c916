//! Tuples, objects, `for` expressions and calls: what stands between brackets.

use crate::syntax::cursor::{Parser, Read, Unreadable};
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::tree::{Call, Expression, ExpressionKind, For, Ident, ObjectItem, ObjectKey};

impl Parser<'_> {
    /// Reads `[...]`: a tuple or a `for` that makes one.
    pub fn tuple(&mut self) -> Read<Expression> {
        let open = self.read();
        self.with_newlines(false, |parser| {
            if parser.is_word("for") {
                return parser.for_expression(open);
            }
            let mut items = Vec::new();
            while parser.read_if(TokenKind::CloseBracket).is_none() {
                items.push(parser.expression()?);
                let next = parser.peek();
                match next.kind {
                    TokenKind::CloseBracket => {}
                    TokenKind::Comma => {
                        parser.read();
                    }
                    TokenKind::End => {
                        let detail = "The text ends before this tuple's closing bracket.";
                        return Err(parser.fail(open, "Unterminated tuple constructor expression", detail));
                    }
                    _ => {
                        let context = parser.span_between(open, next);
                        let detail = "Here a comma must stand before the next item, or a closing bracket.";
                        let summary = "Missing item separator";
                        return Err(parser.fail_at(parser.span(next), Some(context), summary, detail));
                    }
                }
            }
            Ok(Expression { kind: ExpressionKind::Tuple(items), span: parser.span_from(open) })
        })
    }

    /// Reads `{...}` in an expression: an object or a `for` that makes one.
    pub fn object(&mut self) -> Read<Expression> {
        let open = self.read();
        if self.with_newlines(false, |parser| parser.is_word("for")) {
            return self.with_newlines(false, |parser| parser.for_expression(open));
        }
        self.with_newlines(true, |parser| {
            let mut items = Vec::new();
            loop {
                while parser.read_if(TokenKind::Newline).is_some() {}
                if parser.read_if(TokenKind::CloseBrace).is_some() {
                    break;
                }
                items.push(parser.object_item(open)?);
                if matches!(parser.peek_kind(), TokenKind::Comma | TokenKind::Newline) {
                    parser.read();
                }
            }
            items.shrink_to_fit();
            Ok(Expression { kind: ExpressionKind::Object(items), span: parser.span_from(open) })
        })
    }

    /// Reads `key = value` or `key : value` up to what separates it from the next.
    fn object_item(&mut self, open: Token) -> Read<ObjectItem> {
        let key = self.object_key()?;
        let separator = self.peek();
        if !matches!(separator.kind, TokenKind::Equals | TokenKind::Colon) {
            let context = self.span_between(open, separator);
            let (summary, detail) = match separator.kind {
                TokenKind::End => return Err(self.unterminated_object(open)),
                TokenKind::Newline | TokenKind::Comma => {
                    ("Missing attribute value", "Here an equals sign and the attribute's value must be.")
                }
                TokenKind::Identifier => (
                    "Missing key/value separator",
                    "Here an equals sign must stand before the attribute's value. A name with dots or spaces is \
                     written in quotes.",
                ),
                _ => ("Missing key/value separator", "Here an equals sign must stand before the attribute's value."),
            };
            return Err(self.fail_at(self.span(separator), Some(context), summary, detail));
        }
        self.read();
        let value = self.expression()?;
        let next = self.peek();
        match next.kind {
            TokenKind::Comma | TokenKind::Newline | TokenKind::CloseBrace => Ok(ObjectItem { key, value }),
            TokenKind::End => Err(self.unterminated_object(open)),
            _ => {
                let context = self.span_between(open, next);
                let detail = "Here a line end or a comma must stand before the next attribute.";
                Err(self.fail_at(self.span(next), Some(context), "Missing attribute separator", detail))
            }
        }
    }

    fn unterminated_object(&mut self, open: Token) -> Unreadable {
        let detail = "The text ends before this object's closing brace. Perhaps another brace is missing or misplaced \
                      further down.";
        self.fail(open, "Unterminated object constructor expression", detail)
    }

    /// A bare word is the key itself, whatever it means elsewhere.
    fn object_key(&mut self) -> Read<ObjectKey> {
        let first = self.peek();
        let expression = self.expression()?;
        let alone = first == self.last() && first.kind == TokenKind::Identifier;
        Ok(if alone { ObjectKey::Name(self.ident(first)) } else { ObjectKey::Expression(expression.into()) })
    }

    /// Reads a `for` expression behind its opening bracket.
    fn for_expression(&mut self, open: Token) -> Read<Expression> {
        let closer = open.kind.closer().unwrap_or(TokenKind::CloseBracket);
        self.read();
        let (key_name, value_name) = self.for_names(open)?;
        let collection = self.expression()?;
        if self.read_if(TokenKind::Colon).is_none() {
            return Err(self.fail_for(open, "After the collection, a colon must follow."));
        }
        let first_result = self.expression()?;
        let (key, value) = match self.read_if(TokenKind::FatArrow) {
            Some(_) => (Some(first_result), self.expression()?),
            None => (None, first_result),
        };
        let ellipsis = self.read_if(TokenKind::Ellipsis);
        let condition = if self.read_word("if") { Some(self.expression()?) } else { None };
        if self.read_if(closer).is_none() {
            return Err(self.fail_for(open, "Here the closing bracket of the for expression must be."));
        }
        self.check_for_result(open, key.as_ref(), &value, ellipsis);
        let grouped = ellipsis.is_some();
        let parts = For { key_name, value_name, collection, key, value, grouped, condition };
        Ok(Expression { kind: ExpressionKind::For(Box::new(parts)), span: self.span_from(open) })
    }

    /// Reads `v in` or `k, v in`.
    fn for_names(&mut self, open: Token) -> Read<(Option<Ident>, Ident)> {
        let Some(first) = self.read_if(TokenKind::Identifier) else {
            return Err(self.fail_for(open, "After \"for\", the name of a variable must follow."));
        };
        let mut names = (None, self.ident(first));
        if self.read_if(TokenKind::Comma).is_some() {
            let Some(second) = self.read_if(TokenKind::Identifier) else {
                return Err(self.fail_for(open, "After the comma, the name of the value's variable must follow."));
            };
            names = (Some(names.1), self.ident(second));
        }
        if !self.read_word("in") {
            return Err(self.fail_for(open, "After the names of the variables, \"in\" must follow."));
        }
        Ok(names)
    }

    /// Only an object has keys, and it must have them.
    fn check_for_result(&mut self, open: Token, key: Option<&Expression>, value: &Expression, ellipsis: Option<Token>) {
        let makes_object = open.kind == TokenKind::OpenBrace;
        let faults = [
            (key.filter(|_| !makes_object).map(|k| k.span), "A for expression in square brackets has no key."),
            (
                ellipsis.filter(|_| !makes_object).map(|e| self.span(e)),
                "A for expression in square brackets cannot group its results with an ellipsis (...).",
            ),
            (
                (makes_object && key.is_none()).then_some(value.span),
                "A for expression in braces needs a key and an arrow (key => value).",
            ),
        ];
        for (span, detail) in faults {
            if let Some(span) = span {
                self.diagnostics.error_at(span, "Invalid 'for' expression", detail);
            }
        }
    }

    fn fail_for(&mut self, open: Token, detail: &str) -> Unreadable {
        let next = self.peek();
        let context = self.span_between(open, next);
        self.fail_at(self.span(next), Some(context), "Invalid 'for' expression", detail)
    }

    /// Reads a call behind the first word of its name.
    pub fn call(&mut self, first: Token) -> Read<Expression> {
        let mut name = self.text_of(first).to_owned();
        while self.read_if(TokenKind::DoubleColon).is_some() {
            let part = self.peek();
            if part.kind != TokenKind::Identifier {
                let detail = "After \"::\", the name of a function must follow.";
                return Err(self.fail(part, "Missing function name", detail));
            }
            self.read();
            name.push_str("::");
            name.push_str(self.text_of(part));
        }
        let name = Ident { name: name.into(), span: self.span_from(first) };
        let open = self.peek();
        if open.kind != TokenKind::OpenParen {
            let detail = "The name of a function is followed by its arguments in parentheses.";
            return Err(self.fail(open, "Missing open parenthesis", detail));
        }
        self.read();
        let (arguments, expand_last) =
            self.nested(|parser| parser.with_newlines(false, |parser| parser.arguments(first, open)))?;
        let parentheses = self.span_from(open);
        let kind = ExpressionKind::Call(Call { name, arguments, expand_last, parentheses });
        Ok(Expression { kind, span: self.span_from(first) })
    }

    /// Reads the arguments and the closing parenthesis; tells whether the last argument is expanded.
    fn arguments(&mut self, name: Token, open: Token) -> Read<(Vec<Expression>, bool)> {
        let mut arguments = Vec::new();
        loop {
            if self.read_if(TokenKind::CloseParen).is_some() {
                return Ok((arguments, false));
            }
            arguments.push(self.expression()?);
            let next = self.peek();
            match next.kind {
                TokenKind::CloseParen => {}
                TokenKind::Comma => {
                    self.read();
                }
                TokenKind::Ellipsis => {
                    self.read();
                    return self.closed_after(next).map(|()| (arguments, true));
                }
                TokenKind::End => {
                    let span = self.span_between(name, open);
                    let detail = "The text ends before the closing parenthesis of this call. Perhaps another one is \
                                  missing or misplaced further down.";
                    return Err(self.fail_anew(span, None, "Unterminated function call", detail));
                }
                _ => {
                    let context = self.span_between(name, next);
                    let detail = "Here a comma must stand before the next argument, or a closing parenthesis.";
                    return Err(self.fail_anew(self.span(next), Some(context), "Missing argument separator", detail));
                }
            }
        }
    }

    fn closed_after(&mut self, ellipsis: Token) -> Read<()> {
        if self.read_if(TokenKind::CloseParen).is_none() {
            let detail = "An argument that is expanded with \"...\" is the last one; the closing parenthesis follows.";
            return Err(self.fail(ellipsis, "Missing closing parenthesis", detail));
        }
        Ok(())
    }
}
