//! The grammar of PromQL, and the types of what it gives.
//!
//! # Why a grammar of our own
//! The crate that parses PromQL brings 21 others and generates its tables when it is built, which takes longer than all that
//! the check is worth. This one refuses nothing that Prometheus takes: where it does not know, it lets the query pass.

use super::function::{Function, is_aggregation};
use super::kind::Kind;
use super::token::{Token, tokenise};

/// How deep expressions may lie within each other.
const MAX_DEPTH: usize = 100;

/// What a query gives, or what is wrong with it.
pub(super) fn read(query: &str) -> Result<Kind, String> {
    let mut parser = Parser { tokens: tokenise(query)?, next: 0, depth: 0 };
    let kind = parser.expression(0)?;
    match parser.peek() {
        None => Ok(kind),
        Some(_more) => Err(format!("{} cannot stand there", parser.describe())),
    }
}

struct Parser<'q> {
    tokens: Vec<Token<'q>>,
    next: usize,
    depth: usize,
}

impl<'q> Parser<'q> {
    fn peek(&self) -> Option<Token<'q>> {
        self.tokens.get(self.next).copied()
    }

    fn take(&mut self) -> Option<Token<'q>> {
        self.next += 1;
        self.tokens.get(self.next - 1).copied()
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Symbol(next)) if next == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    fn take_word(&mut self, words: &[&str]) -> bool {
        let is_next =
            matches!(self.peek(), Some(Token::Name(name)) if words.iter().any(|word| name.eq_ignore_ascii_case(word)));
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(format!("{} stands where {symbol} should", self.describe())) }
    }

    /// What comes next, in words.
    fn describe(&self) -> String {
        match self.peek() {
            None => "its end".to_owned(),
            Some(Token::Number) => "a number".to_owned(),
            Some(Token::Duration) => "a duration".to_owned(),
            Some(Token::Text(_)) => "a text".to_owned(),
            Some(Token::Name(name)) => name.to_owned(),
            Some(Token::Symbol(symbol)) => symbol.to_owned(),
        }
    }

    fn expression(&mut self, above: u8) -> Result<Kind, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("it has too many expressions within each other".to_owned());
        }
        let mut left = if self.take_symbol("-") || self.take_symbol("+") {
            // A sign binds less than a power.
            number_or_vector(self.expression(5)?)?
        } else {
            self.operand()?
        };
        while let Some((operator, strength)) = self.operator().filter(|(_, strength)| *strength > above) {
            self.next += 1;
            let has_bool = self.take_word(&["bool"]);
            self.matching()?;
            // A power is read from its right.
            let right = self.expression(if operator == "^" { strength - 1 } else { strength })?;
            left = combine(left, right, (&operator, has_bool))?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that comes next, and how strongly it binds.
    fn operator(&self) -> Option<(String, u8)> {
        let (name, strength) = match self.peek()? {
            Token::Name(name) => match name.to_ascii_lowercase().as_str() {
                "or" => ("or", 1),
                "and" => ("and", 2),
                "unless" => ("unless", 2),
                "atan2" => ("atan2", 5),
                _ => return None,
            },
            Token::Symbol(symbol) => match symbol {
                "==" | "!=" | "<=" | "<" | ">=" | ">" => (symbol, 3),
                "+" | "-" => (symbol, 4),
                "*" | "/" | "%" => (symbol, 5),
                "^" => (symbol, 6),
                _ => return None,
            },
            _ => return None,
        };
        Some((name.to_owned(), strength))
    }

    /// `on (a) group_left (b)`.
    fn matching(&mut self) -> Result<(), String> {
        if self.take_word(&["on", "ignoring"]) {
            self.labels()?;
        }
        if self.take_word(&["group_left", "group_right"]) && matches!(self.peek(), Some(Token::Symbol("("))) {
            self.labels()?;
        }
        Ok(())
    }

    fn labels(&mut self) -> Result<(), String> {
        self.expect("(")?;
        while !self.take_symbol(")") {
            match self.take() {
                Some(Token::Name(_) | Token::Text(_)) => {}
                _ => return Err("a list of labels needs names between its brackets".to_owned()),
            }
            if !self.take_symbol(",") {
                return self.expect(")");
            }
        }
        Ok(())
    }

    fn operand(&mut self) -> Result<Kind, String> {
        let mut kind = match self.peek() {
            Some(Token::Number | Token::Duration) => self.taken(Kind::Scalar),
            Some(Token::Text(_)) => self.taken(Kind::Text),
            Some(Token::Symbol("(")) => {
                self.next += 1;
                let kind = self.expression(0)?;
                self.expect(")")?;
                kind
            }
            Some(Token::Symbol("{")) => self.selector(false)?,
            Some(Token::Name(name)) => self.named(name)?,
            _ => return Err(format!("{} stands where an expression should", self.describe())),
        };
        loop {
            if self.take_symbol("[") {
                kind = self.range(kind)?;
            } else if self.take_word(&["offset"]) {
                let _sign = self.take_symbol("-") || self.take_symbol("+");
                self.duration()?;
            } else if self.take_symbol("@") {
                self.moment()?;
            } else {
                return Ok(kind);
            }
        }
    }

    fn taken(&mut self, kind: Kind) -> Kind {
        self.next += 1;
        kind
    }

    fn named(&mut self, name: &'q str) -> Result<Kind, String> {
        self.next += 1;
        let is_called = matches!(self.peek(), Some(Token::Symbol("(")));
        let is_grouped = matches!(self.peek(), Some(Token::Name(word)) if ["by", "without"].iter().any(|one| word.eq_ignore_ascii_case(one)));
        if is_aggregation(name) && (is_called || is_grouped) {
            return self.aggregation(name);
        }
        if is_called {
            let function = Function::find(name).ok_or_else(|| format!("there is no function {name}"))?;
            let arguments = self.arguments()?;
            return function.apply(name, &arguments);
        }
        if ["inf", "nan"].iter().any(|number| name.eq_ignore_ascii_case(number)) {
            return Ok(Kind::Scalar);
        }
        if matches!(self.peek(), Some(Token::Symbol("{"))) { self.selector(true) } else { Ok(Kind::Vector) }
    }

    fn aggregation(&mut self, name: &str) -> Result<Kind, String> {
        let words = ["by", "without"];
        let is_before = self.take_word(&words);
        if is_before {
            self.labels()?;
        }
        let arguments = self.arguments()?;
        if !is_before && self.take_word(&words) {
            self.labels()?;
        }
        match arguments.last() {
            Some(Kind::Vector) => Ok(Kind::Vector),
            _ => Err(format!("{name} needs series in its brackets, and no range of them")),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Kind>, String> {
        self.expect("(")?;
        let mut kinds = Vec::new();
        if self.take_symbol(")") {
            return Ok(kinds);
        }
        loop {
            kinds.push(self.expression(0)?);
            if !self.take_symbol(",") {
                self.expect(")")?;
                return Ok(kinds);
            }
        }
    }

    fn selector(&mut self, has_metric: bool) -> Result<Kind, String> {
        self.expect("{")?;
        let mut is_picked = has_metric;
        while !self.take_symbol("}") {
            let key = self.take();
            if !matches!(key, Some(Token::Name(_) | Token::Text(_))) {
                return Err("a selector needs labels such as pod=\"a\" between its brackets".to_owned());
            }
            let is_equal = self.take_symbol("=");
            if is_equal || ["!=", "=~", "!~"].into_iter().any(|sign| self.take_symbol(sign)) {
                match self.take() {
                    Some(Token::Text(is_empty)) => is_picked |= !(is_equal && is_empty),
                    _ => return Err("a label's value stands in quotes".to_owned()),
                }
            } else if matches!(key, Some(Token::Text(_))) {
                // A metric's name in quotes.
                is_picked = true;
            } else {
                return Err(format!("{} stands where one of = != =~ !~ should", self.describe()));
            }
            if !self.take_symbol(",") {
                self.expect("}")?;
                break;
            }
        }
        if is_picked {
            Ok(Kind::Vector)
        } else {
            Err("a selector needs a metric or a label that is not empty".to_owned())
        }
    }

    /// What stands in square brackets: a range, or a subquery with its resolution.
    fn range(&mut self, of: Kind) -> Result<Kind, String> {
        self.duration()?;
        let is_subquery = self.take_symbol(":");
        if is_subquery && !matches!(self.peek(), Some(Token::Symbol("]"))) {
            self.duration()?;
        }
        self.expect("]")?;
        match of {
            Kind::Vector => Ok(Kind::Range),
            Kind::Scalar if is_subquery => Ok(Kind::Range),
            _ => Err("a range in square brackets stands behind series".to_owned()),
        }
    }

    fn duration(&mut self) -> Result<(), String> {
        match self.take() {
            Some(Token::Duration | Token::Number) => Ok(()),
            _ => Err("a duration such as 5m is missing".to_owned()),
        }
    }

    /// What stands behind @: a time, or the start or end of the query.
    fn moment(&mut self) -> Result<(), String> {
        let _sign = self.take_symbol("-") || self.take_symbol("+");
        if self.take_word(&["start", "end"]) {
            self.expect("(")?;
            return self.expect(")");
        }
        self.duration().map_err(|_missing| "a time in seconds is missing behind @".to_owned())
    }
}

fn number_or_vector(kind: Kind) -> Result<Kind, String> {
    match kind {
        Kind::Scalar | Kind::Vector => Ok(kind),
        Kind::Range | Kind::Text => Err("a range or a text cannot be computed with".to_owned()),
    }
}

fn combine(left: Kind, right: Kind, (operator, has_bool): (&str, bool)) -> Result<Kind, String> {
    let kinds = (number_or_vector(left)?, number_or_vector(right)?);
    let is_of_sets = ["and", "or", "unless"].contains(&operator);
    let is_comparison = ["==", "!=", "<=", "<", ">=", ">"].contains(&operator);
    match kinds {
        (Kind::Vector, Kind::Vector) => Ok(Kind::Vector),
        _ if is_of_sets => Err(format!("{operator} stands between series, and not beside a number")),
        (Kind::Scalar, Kind::Scalar) if is_comparison && !has_bool => {
            Err(format!("{operator} between two numbers needs the word bool behind it"))
        }
        (Kind::Scalar, Kind::Scalar) => Ok(Kind::Scalar),
        _ => Ok(Kind::Vector),
    }
}
