//! Handlebars' own helpers: conditions, loops, contexts, and named blocks.

use crate::Value;
use crate::render::{Call, Extra, Failure, Outcome, Scope, Usage, refuse};
use crate::syntax::Path;

pub(super) fn if_(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    Ok(choose(!call.context.is_falsy()))
}

pub(super) fn unless(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    Ok(choose(call.context.is_falsy()))
}

fn choose(body: bool) -> Outcome {
    if body {
        Outcome::Body
    } else {
        Outcome::Inverse
    }
}

/// `{{#each list base=0}}`: null and empty ones render the else branch.
pub(super) fn each(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_null() {
        return Ok(Outcome::Inverse);
    }
    let base = call.hash_int("base")?.unwrap_or(0);
    Ok(Outcome::EachIn(call.context.clone(), base))
}

pub(super) fn with(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let context = call.context.clone();
    Ok(if context.is_falsy() {
        Outcome::InverseIn(context)
    } else {
        Outcome::BodyIn(context)
    })
}

/// `{{lookup value 'path'}}`: the value itself when the path leads to nothing.
pub(super) fn lookup(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.context.is_null() {
        return Ok(Outcome::Value(Value::Null));
    }
    let context = call.context.clone();
    let Some(path) = call.params.first().cloned() else {
        return Ok(Outcome::Value(context));
    };
    if path.is_null() {
        return refuse("the path to look up has no value");
    }
    let path = call.text(&path)?;
    // The limit keeps a text that a request brings from becoming a path of a million steps.
    if path.len() > 4_096 {
        return refuse("the path to look up is longer than 4096 bytes");
    }
    let path = Path::compile(&path);
    let scope: Scope<'_> = call.scope.child(context.clone(), Extra::Nothing);
    let found = call.renderer.lookup(&path.segments, &scope);
    Ok(Outcome::Value(found.unwrap_or(context)))
}

/// Logging is the mock server's business; nothing is printed.
pub(super) fn log(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    if call.is_block() {
        call.body()?;
    }
    Ok(Outcome::Value(Value::Null))
}

/// `{{#block 'name'}}default{{/block}}`: what an earlier `{{#partial 'name'}}` defined, or the body.
pub(super) fn block(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let name = call.context_text()?;
    match call.renderer.block_definition(&name) {
        Some(body) => {
            let mut out = String::new();
            call.renderer
                .deeper(|renderer| renderer.body(&body, call.scope, &mut out))?;
            Ok(out.into())
        }
        None => Ok(Outcome::Body),
    }
}

/// `{{#partial 'name'}}…{{/partial}}` defines what `block` renders.
pub(super) fn partial(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let name = call.context_text()?;
    if let Usage::Block(branch) = call.usage {
        call.renderer.define_block(name, branch.body.clone());
    }
    Ok(Outcome::Value(Value::Null))
}

pub(super) fn embedded(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    no_file(call)
}

pub(super) fn precompile(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    no_file(call)
}

/// Both read template files from the class path, of which a mock server has none.
fn no_file(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let name = call.context_text()?;
    refuse(format!("there is no template file `/{name}.hbs`"))
}
