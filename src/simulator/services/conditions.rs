//! Conditions of role assignments, as the service that decides evaluates them: an attribute that is not there compares
//! to nothing, and a condition that cannot be understood does not hold.

use serde_json::Value;

use crate::simulator::service::Scene;
use crate::simulator::services::authority::{Deed, matches};
use crate::simulator::services::roles::guid_of;
use crate::simulator::target::same;

/// What attributes of role assignments are called before their names.
const ASSIGNMENT: &str = "microsoft.authorization/roleassignments:";

/// Whether a condition holds for what somebody wants to do.
pub(super) fn holds(condition: &str, scene: Scene<'_>, deed: &Deed<'_>) -> bool {
    let tokens = tokens(condition);
    let mut judge = Judge { tokens: &tokens, at: 0, scene, deed };
    let verdict = judge.either();
    verdict == Some(true) && judge.at == tokens.len()
}

/// One word, sign, or text in quotes.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Sign(char),
    And,
    Or,
    Not,
    Word(String),
    Text(String),
    /// `@Resource[...]`: whose, and what is between the brackets.
    Attribute(String, String),
}

fn tokens(condition: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut letters = condition.chars().peekable();
    while let Some(letter) = letters.next() {
        let token = match letter {
            c if c.is_whitespace() => continue,
            '(' | ')' | '{' | '}' | ',' => Token::Sign(letter),
            '!' => Token::Not,
            '&' | '|' => {
                letters.next();
                if letter == '&' { Token::And } else { Token::Or }
            }
            '\'' | '"' => Token::Text(letters.by_ref().take_while(|c| *c != letter).collect()),
            '@' => {
                let whose: String = letters.by_ref().take_while(|c| *c != '[').collect();
                Token::Attribute(whose.trim().to_lowercase(), letters.by_ref().take_while(|c| *c != ']').collect())
            }
            first => {
                let mut word = String::from(first);
                while let Some(next) = letters.next_if(|c| !c.is_whitespace() && !"(){},'\"@".contains(*c)) {
                    word.push(next);
                }
                match word.to_lowercase().as_str() {
                    "and" => Token::And,
                    "or" => Token::Or,
                    "not" => Token::Not,
                    _ => Token::Word(word),
                }
            }
        };
        found.push(token);
    }
    found
}

struct Judge<'a> {
    tokens: &'a [Token],
    at: usize,
    scene: Scene<'a>,
    deed: &'a Deed<'a>,
}

impl Judge<'_> {
    fn takes(&mut self, token: &Token) -> bool {
        let fits = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(fits);
        fits
    }

    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn either(&mut self) -> Option<bool> {
        let mut verdict = self.both()?;
        while self.takes(&Token::Or) {
            verdict |= self.both()?;
        }
        Some(verdict)
    }

    fn both(&mut self) -> Option<bool> {
        let mut verdict = self.single()?;
        while self.takes(&Token::And) {
            verdict &= self.single()?;
        }
        Some(verdict)
    }

    fn single(&mut self) -> Option<bool> {
        match self.next()? {
            Token::Not => Some(!self.single()?),
            Token::Sign('(') => self.either().filter(|_| self.takes(&Token::Sign(')'))),
            Token::Word(word) if same(&word, "ActionMatches") => {
                let action = self.deed.action.to_owned();
                Some(self.texts()?.iter().any(|pattern| matches(pattern, &action)))
            }
            // Nothing here has parts that roles do not tell apart.
            Token::Word(word) if same(&word, "SubOperationMatches") => self.texts().map(|_| false),
            Token::Word(word) if same(&word, "Exists") => match self.next()? {
                Token::Attribute(whose, name) => Some(self.attribute(&whose, &name).is_some()),
                _ => None,
            },
            Token::Attribute(whose, name) => {
                let Token::Word(operator) = self.next()? else { return None };
                let wanted = self.texts()?;
                let given = self.attribute(&whose, &name);
                Some(given.is_some_and(|given| compares(&given, &operator, &wanted)))
            }
            _ => None,
        }
    }

    /// One text, or some in braces.
    fn texts(&mut self) -> Option<Vec<String>> {
        let in_braces = self.takes(&Token::Sign('{'));
        let mut found = Vec::new();
        loop {
            match self.next()? {
                Token::Text(text) | Token::Word(text) => found.push(text),
                Token::Attribute(whose, name) => found.extend(self.attribute(&whose, &name)),
                _ => return None,
            }
            if !in_braces || self.takes(&Token::Sign('}')) {
                return Some(found);
            }
            if !self.takes(&Token::Sign(',')) {
                return None;
            }
        }
    }

    /// What an attribute is; `None` when there is none.
    fn attribute(&self, whose: &str, name: &str) -> Option<String> {
        let lower = name.trim().to_lowercase();
        match (whose, lower.strip_prefix(ASSIGNMENT)) {
            ("request", Some(member)) => of_assignment(self.deed.sent, member),
            ("resource", Some(member)) => of_assignment(&self.scene.world.get(self.deed.scope)?.body, member),
            ("resource", None) => self.of_scope(lower.strip_suffix(":name")?),
            _ => None,
        }
    }

    /// The name of what the scope is, or is in, of a kind.
    fn of_scope(&self, kind: &str) -> Option<String> {
        let (provider, types) = kind.split_once('/')?;
        let (_, rest) = self.deed.scope.as_str().split_once(&format!("/providers/{provider}/"))?;
        let segments: Vec<&str> = rest.split('/').collect();
        let mut named = None;
        for (place, wanted) in types.split('/').enumerate() {
            named = match (segments.get(2 * place), segments.get(2 * place + 1)) {
                (Some(given), name) if *given == wanted => name.map(|name| (*name).to_owned()),
                _ => return None,
            };
        }
        named
    }
}

fn of_assignment(body: &Value, member: &str) -> Option<String> {
    let member = match member {
        "roledefinitionid" => "roleDefinitionId",
        "principalid" => "principalId",
        "principaltype" => "principalType",
        _ => return None,
    };
    let text = body.get("properties")?.get(member)?.as_str()?;
    Some(if member == "roleDefinitionId" { guid_of(text) } else { text.to_owned() })
}

fn compares(given: &str, operator: &str, wanted: &[String]) -> bool {
    let operator = operator.to_lowercase();
    let (quantifier, operator) = operator.split_once(':').unwrap_or(("", &operator));
    let caseless = operator.ends_with("ignorecase") || operator.starts_with("guid");
    let operator = operator.trim_end_matches("ignorecase");
    let fold = |text: &str| if caseless { text.to_lowercase() } else { text.to_owned() };
    let one = |wanted: &String| {
        let (given, wanted) = (fold(given), fold(wanted));
        match operator {
            "stringequals" | "guidequals" => given == wanted,
            "stringnotequals" | "guidnotequals" => given != wanted,
            "stringstartswith" => given.starts_with(&wanted),
            "stringnotstartswith" => !given.starts_with(&wanted),
            "stringlike" => matches(&wanted, &given),
            "stringnotlike" => !matches(&wanted, &given),
            _ => false,
        }
    };
    if quantifier.ends_with("ofallvalues") { wanted.iter().all(one) } else { wanted.iter().any(one) }
}
