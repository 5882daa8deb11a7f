//! Recursive descent over the tokens.

use super::ast::{Axis, Expr, Operator, Path, Step, Test};
use super::functions::Function;
use super::lex::{Token, tokens};
use crate::limits::{XPATH_CHARS, XPATH_DEPTH, XPATH_OPERATORS};

pub(crate) fn parse(source: &str) -> Result<Expr, String> {
    if source.len() > XPATH_CHARS {
        return Err(format!("the expression is longer than {XPATH_CHARS} bytes"));
    }
    let mut parser = Parser {
        tokens: tokens(source)?,
        at: 0,
        depth: 0,
        operators: 0,
    };
    let expression = parser.expression()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(expression)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
}

/// Binary operators, loosest first.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[
        ("*", Operator::Multiply),
        ("div", Operator::Divide),
        ("mod", Operator::Modulo),
    ],
];

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(format!("`{symbol}` is expected: {}", self.unexpected()))
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            Some(Token::Symbol(symbol)) => format!("`{symbol}` is not expected here"),
            Some(Token::Name(name)) => format!("`{name}` is not expected here"),
            Some(Token::Literal(text)) => format!("the literal '{text}' is not expected here"),
            Some(Token::Number(number)) => format!("`{number}` is not expected here"),
            None => "the expression ends too early".to_owned(),
        }
    }

    fn expression(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > XPATH_DEPTH {
            return Err(format!(
                "the expression is nested more than {XPATH_DEPTH} deep"
            ));
        }
        let expression = self.binary(0);
        self.depth -= 1;
        expression
    }

    fn operator(&mut self) -> Result<(), String> {
        self.operators += 1;
        if self.operators > XPATH_OPERATORS {
            return Err(format!(
                "the expression has more than {XPATH_OPERATORS} operators"
            ));
        }
        Ok(())
    }

    fn binary(&mut self, level: usize) -> Result<Expr, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(symbol, _)| self.is(symbol)) {
            self.at += 1;
            self.operator()?;
            let right = self.binary(level + 1)?;
            left = Expr::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        let mut negations = 0;
        while self.take("-") {
            self.operator()?;
            negations += 1;
        }
        let mut expression = self.union()?;
        for _ in 0..negations {
            expression = Expr::Negate(Box::new(expression));
        }
        Ok(expression)
    }

    fn union(&mut self) -> Result<Expr, String> {
        let mut left = self.path()?;
        while self.take("|") {
            self.operator()?;
            let right = self.path()?;
            left = Expr::Binary(Operator::Union, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn path(&mut self) -> Result<Expr, String> {
        if let Some(primary) = self.primary()? {
            let predicates = self.predicates()?;
            let mut steps = Vec::new();
            if self.is("/") || self.is("//") {
                self.further_steps(&mut steps)?;
            }
            if predicates.is_empty() && steps.is_empty() {
                return Ok(primary);
            }
            return Ok(Expr::Filter {
                base: Box::new(primary),
                predicates,
                steps,
            });
        }
        let mut steps = Vec::new();
        let absolute = if self.is("//") {
            self.further_steps(&mut steps)?;
            true
        } else if self.take("/") {
            if self.starts_step() {
                steps.push(self.step()?);
                self.further_steps(&mut steps)?;
            }
            true
        } else {
            steps.push(self.step()?);
            self.further_steps(&mut steps)?;
            false
        };
        Ok(Expr::Path(Path {
            absolute,
            steps: with_whole_name(steps),
        }))
    }

    fn further_steps(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        loop {
            if self.take("//") {
                steps.push(any_descendant());
            } else if !self.take("/") {
                return Ok(());
            }
            self.operator()?;
            steps.push(self.step()?);
        }
    }

    fn starts_step(&self) -> bool {
        match self.peek() {
            Some(Token::Name(_)) => true,
            Some(Token::Symbol(symbol)) => matches!(*symbol, "." | ".." | "@"),
            _ => false,
        }
    }

    /// A primary expression, unless a location step follows.
    fn primary(&mut self) -> Result<Option<Expr>, String> {
        let expression = match self.peek() {
            Some(Token::Literal(text)) => Expr::Literal(text.clone()),
            Some(Token::Number(number)) => Expr::Number(*number),
            Some(Token::Symbol("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(Some(inner));
            }
            Some(Token::Symbol("$")) => {
                self.at += 1;
                match self.peek() {
                    Some(Token::Name(name)) => Expr::Variable(name.clone()),
                    _ => return Err(self.unexpected()),
                }
            }
            Some(Token::Name(name)) if self.calls(name) => {
                let name = name.clone();
                self.at += 2;
                return self.call(&name).map(Some);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(expression))
    }

    fn calls(&self, name: &str) -> bool {
        self.tokens.get(self.at + 1) == Some(&Token::Symbol("("))
            && !matches!(name, "node" | "text" | "comment" | "processing-instruction")
    }

    fn call(&mut self, name: &str) -> Result<Expr, String> {
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.expression()?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        Function::parse(name, arguments.len()).map(|function| Expr::Call(function, arguments))
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, String> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.expression()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn step(&mut self) -> Result<Step, String> {
        let abbreviated = |axis| Step {
            axis,
            test: Test::Node,
            predicates: Vec::new(),
        };
        if self.take("..") {
            return Ok(abbreviated(Axis::Parent));
        }
        if self.take(".") {
            return Ok(abbreviated(Axis::SelfNode));
        }
        let axis = if self.take("@") {
            Axis::Attribute
        } else if self.tokens.get(self.at + 1) == Some(&Token::Symbol("::")) {
            let axis = match self.peek() {
                Some(Token::Name(name)) => Axis::parse(name)
                    .ok_or_else(|| format!("the axis `{name}` is not supported"))?,
                _ => return Err(self.unexpected()),
            };
            self.at += 2;
            axis
        } else {
            Axis::Child
        };
        let test = self.test()?;
        Ok(Step {
            axis,
            test,
            predicates: self.predicates()?,
        })
    }

    fn test(&mut self) -> Result<Test, String> {
        let Some(Token::Name(name)) = self.peek() else {
            return Err(self.unexpected());
        };
        let name = name.clone();
        self.at += 1;
        if self.take("(") {
            let target = match self.peek() {
                Some(Token::Literal(target)) if name == "processing-instruction" => {
                    Some(target.clone())
                }
                _ => None,
            };
            self.at += usize::from(target.is_some());
            self.expect(")")?;
            return match name.as_str() {
                "node" => Ok(Test::Node),
                "text" => Ok(Test::Text),
                "comment" => Ok(Test::Comment),
                "processing-instruction" => Ok(Test::Instruction(target)),
                _ => Err(format!("`{name}()` is not a node test")),
            };
        }
        Ok(match name.split_once(':') {
            Some((prefix, "*")) => Test::Any {
                prefix: Some(prefix.to_owned()),
            },
            Some((prefix, local)) => Test::Name {
                prefix: Some(prefix.to_owned()),
                local: local.to_owned(),
            },
            None if name == "*" => Test::Any { prefix: None },
            None => Test::Name {
                prefix: None,
                local: name,
            },
        })
    }
}

fn any_descendant() -> Step {
    Step {
        axis: Axis::DescendantOrSelf,
        test: Test::Node,
        predicates: Vec::new(),
    }
}

/// Marks the name of `//name`, which Java's evaluator looks up differently: by whole names.
fn with_whole_name(mut steps: Vec<Step>) -> Vec<Step> {
    let start = usize::from(matches!(&steps[..], [first, ..] if is_self(first)));
    if let [descendants, name] = &mut steps[start..]
        && *descendants == any_descendant()
        && name.axis == Axis::Child
        && !name.predicates.iter().any(is_positional)
        && let Test::Name {
            prefix: None,
            local,
        } = &name.test
    {
        name.test = Test::WholeName(local.clone());
    }
    steps
}

fn is_self(step: &Step) -> bool {
    step.axis == Axis::SelfNode && step.test == Test::Node && step.predicates.is_empty()
}

fn is_positional(predicate: &Expr) -> bool {
    match predicate {
        Expr::Number(_) | Expr::Negate(_) => true,
        Expr::Call(function, arguments) => {
            matches!(function, Function::Position | Function::Last)
                || arguments.iter().any(is_positional)
        }
        Expr::Binary(operator, left, right) => {
            let arithmetic = matches!(
                operator,
                Operator::Add
                    | Operator::Subtract
                    | Operator::Multiply
                    | Operator::Divide
                    | Operator::Modulo
            );
            arithmetic || mentions_position(left) || mentions_position(right)
        }
        _ => false,
    }
}

fn mentions_position(expression: &Expr) -> bool {
    match expression {
        Expr::Call(function, arguments) => {
            matches!(function, Function::Position | Function::Last)
                || arguments.iter().any(mentions_position)
        }
        Expr::Binary(_, left, right) => mentions_position(left) || mentions_position(right),
        Expr::Negate(inner) => mentions_position(inner),
        _ => false,
    }
}
