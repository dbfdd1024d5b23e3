//! Recursive descent over the tokens.

use super::super::error::ApiError;
use super::ast::{Filter, Literal, Name, Operator, OrderBy, Query, Selection};
use super::error_at;
use super::lexer::{LIKE_PERCENT, LIKE_UNDERSCORE, Token, tokens};

/// Deepest nesting of conditions; it bounds the recursion of this parser.
const NESTING_MAX: usize = 100;

/// Parses one statement.
pub(super) fn parse(text: &str) -> Result<Query, ApiError> {
    let mut parser = Parser { text, tokens: tokens(text)?, position: 0, depth: 0 };
    parser.keyword("SELECT")?;
    let selection = parser.selection()?;
    parser.keyword("FROM")?;
    let sobject = parser.name()?;
    let filter = if parser.accept("WHERE") { Some(parser.filter()?) } else { None };
    let order = if parser.accept("ORDER") { parser.order()? } else { Vec::new() };
    let limit = if parser.accept("LIMIT") { Some(parser.count()?) } else { None };
    let offset = if parser.accept("OFFSET") { Some(parser.count()?) } else { None };
    if *parser.peek() != Token::End {
        return Err(parser.unexpected());
    }
    Ok(Query { selection, sobject, filter, order, limit, offset })
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize)>,
    position: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.position).map_or(&Token::End, |(token, _)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.position).map_or(self.text.len(), |(_, at)| *at)
    }

    fn unexpected(&self) -> ApiError {
        let message = format!("unexpected token: {}", self.peek().shown());
        error_at(self.text, self.at(), "MALFORMED_QUERY", &message)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.position += usize::from(found);
        found
    }

    fn keyword(&mut self, word: &str) -> Result<(), ApiError> {
        if self.accept(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(text) if *text == symbol);
        self.position += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), ApiError> {
        if self.accept_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<Name, ApiError> {
        let at = self.at();
        if let Token::Word(text) = self.peek()
            && !is_reserved(text)
        {
            let text = text.clone();
            self.position += 1;
            return Ok(Name { text, at });
        }
        Err(self.unexpected())
    }

    fn count(&mut self) -> Result<usize, ApiError> {
        if let Token::Number(text) = self.peek()
            && let Ok(count) = text.parse()
        {
            self.position += 1;
            return Ok(count);
        }
        Err(self.unexpected())
    }

    fn selection(&mut self) -> Result<Selection, ApiError> {
        if self.is_word("COUNT") {
            self.position += 1;
            self.symbol("(")?;
            self.symbol(")")?;
            return Ok(Selection::Count);
        }
        let mut names = vec![self.name()?];
        while self.accept_symbol(",") {
            names.push(self.name()?);
        }
        Ok(Selection::Fields(names))
    }

    /// A chain of terms joined by AND, or by OR. Mixing the two needs parentheses, as in the service.
    fn filter(&mut self) -> Result<Filter, ApiError> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(error_at(self.text, self.at(), "MALFORMED_QUERY", "nested too deeply"));
        }
        let first = self.term()?;
        let joined = if self.is_word("AND") {
            Filter::And(self.chain("AND", first)?)
        } else if self.is_word("OR") {
            Filter::Or(self.chain("OR", first)?)
        } else {
            first
        };
        self.depth -= 1;
        if self.is_word("AND") || self.is_word("OR") {
            return Err(self.unexpected());
        }
        Ok(joined)
    }

    fn chain(&mut self, word: &str, first: Filter) -> Result<Vec<Filter>, ApiError> {
        let mut terms = vec![first];
        while self.accept(word) {
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    fn term(&mut self) -> Result<Filter, ApiError> {
        if self.accept("NOT") {
            self.depth += 1;
            if self.depth > NESTING_MAX {
                return Err(error_at(self.text, self.at(), "MALFORMED_QUERY", "nested too deeply"));
            }
            let inner = self.term()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(inner)));
        }
        if self.accept_symbol("(") {
            let inner = self.filter()?;
            self.symbol(")")?;
            return Ok(inner);
        }
        let field = self.name()?;
        self.condition(field)
    }

    fn condition(&mut self, field: Name) -> Result<Filter, ApiError> {
        if self.accept("LIKE") {
            if let Token::Text(pattern) = self.peek() {
                let pattern = pattern.clone();
                self.position += 1;
                return Ok(Filter::Like { field, pattern });
            }
            return Err(self.unexpected());
        }
        let negated = self.accept("NOT");
        if self.accept("IN") {
            self.symbol("(")?;
            let mut values = vec![self.literal()?];
            while self.accept_symbol(",") {
                values.push(self.literal()?);
            }
            self.symbol(")")?;
            return Ok(Filter::In { field, negated, values });
        }
        let operator = match self.peek() {
            Token::Symbol(symbol) if !negated => operator(symbol),
            Token::Symbol(_)
            | Token::Word(_)
            | Token::Text(_)
            | Token::Number(_)
            | Token::Time(_)
            | Token::End => None,
        };
        let Some(operator) = operator else { return Err(self.unexpected()) };
        self.position += 1;
        Ok(Filter::Compare { field, operator, value: self.literal()? })
    }

    fn literal(&mut self) -> Result<Literal, ApiError> {
        let value = match self.peek() {
            Token::Text(text) => Literal::Text(plain(text)),
            Token::Number(text) => Literal::Number(text.clone()),
            Token::Time(millis) => Literal::Time(*millis),
            Token::Word(text) if text.eq_ignore_ascii_case("null") => Literal::Null,
            Token::Word(text) if text.eq_ignore_ascii_case("true") => Literal::Bool(true),
            Token::Word(text) if text.eq_ignore_ascii_case("false") => Literal::Bool(false),
            Token::Word(_) | Token::Symbol(_) | Token::End => return Err(self.unexpected()),
        };
        self.position += 1;
        Ok(value)
    }

    fn order(&mut self) -> Result<Vec<OrderBy>, ApiError> {
        self.keyword("BY")?;
        let mut keys = Vec::new();
        loop {
            let field = self.name()?;
            let descending = self.accept("DESC");
            if !descending {
                self.accept("ASC");
            }
            let mut nulls_last = false;
            if self.accept("NULLS") {
                nulls_last = self.accept("LAST");
                if !nulls_last {
                    self.keyword("FIRST")?;
                }
            }
            keys.push(OrderBy { field, descending, nulls_last });
            if !self.accept_symbol(",") {
                return Ok(keys);
            }
        }
    }
}

fn operator(symbol: &str) -> Option<Operator> {
    match symbol {
        "=" => Some(Operator::Equal),
        "!=" | "<>" => Some(Operator::NotEqual),
        "<" => Some(Operator::Less),
        "<=" => Some(Operator::LessOrEqual),
        ">" => Some(Operator::Greater),
        ">=" => Some(Operator::GreaterOrEqual),
        _ => None,
    }
}

/// Outside LIKE an escaped wildcard is the plain character.
fn plain(text: &str) -> String {
    text.replace(LIKE_UNDERSCORE, "_").replace(LIKE_PERCENT, "%")
}

/// Words that cannot be names. A field may be called after other keywords.
fn is_reserved(word: &str) -> bool {
    [
        "AND", "ASC", "DESC", "EXCLUDES", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LIKE",
        "LIMIT", "NOT", "NULL", "NULLS", "OFFSET", "OR", "ORDER", "SELECT", "TYPEOF", "WHERE",
        "WITH",
    ]
    .iter()
    .any(|reserved| reserved.eq_ignore_ascii_case(word))
}
