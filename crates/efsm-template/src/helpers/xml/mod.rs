//! XML: `xPath`, `soapXPath` and `formatXml`.

mod select;

use std::sync::Arc;

use super::json_text::{Formatting, formatting};
use super::lists::repeated;
use crate::Value;
use crate::render::{Call, Failure, Outcome, kind, printed_error, refuse};

use select::{SelectError, Selection};

/// `{{xPath request.body '/a/b/text()'}}`.
pub(super) fn xpath(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    selected(call, "")
}

/// Like `xPath`, from the body of a SOAP envelope on.
pub(super) fn soap_xpath(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    selected(call, "/Envelope/Body")
}

fn selected(call: &mut Call<'_, '_>, prefix: &str) -> Result<Outcome, Failure> {
    let context = call.context.clone();
    let xml = call.text(&context)?;
    let path = match call.param(0) {
        None => return Ok(printed_error("The XPath expression cannot be empty")),
        Some(Value::Text(path)) => path.clone(),
        Some(other) => {
            return refuse(format!("the XPath must be a text, but is {}", kind(other)));
        }
    };
    call.renderer.reserve(xml.len())?;
    let Ok(document) = efsm_xml::read(&xml) else {
        return Ok(printed_error(format!("{xml} is not valid XML")));
    };
    let expression = format!("{prefix}{path}");
    let (selection, steps) = select::select(&document, &expression);
    if !matches!(selection, Err(SelectError::TooExpensive)) {
        call.renderer.charge(steps)?;
    }
    match selection {
        Ok(Selection::Text(text)) => Ok(text.into()),
        Ok(Selection::Nodes(nodes)) => {
            let mut items = Vec::with_capacity(nodes.len());
            for node in nodes {
                call.renderer.reserve(node.rendered().len())?;
                items.push(Value::Xml(Arc::new(node)));
            }
            Ok(if items.is_empty() {
                "".into()
            } else {
                Outcome::Value(repeated(items)?)
            })
        }
        Err(SelectError::Malformed) => Ok(printed_error(format!(
            "{path} is not a valid XPath expression"
        ))),
        Err(SelectError::TooExpensive) => refuse(format!(
            "the XPath `{path}` is too expensive on a document of this size; select step by step instead of by // in predicates"
        )),
    }
}

/// `{{#formatXml format='compact'}}…{{/formatXml}}`.
pub(super) fn format_xml(call: &mut Call<'_, '_>) -> Result<Outcome, Failure> {
    let Formatting { text, pretty } = match formatting(call, "formatXml", "XML")? {
        Ok(formatting) => formatting,
        Err(printed) => return Ok(printed),
    };
    call.renderer.reserve(text.len())?;
    let Ok(mut document) = efsm_xml::read(&text) else {
        return Ok(printed_error("Input is not valid XML"));
    };
    document.drop_blank_texts();
    let out = if pretty {
        efsm_xml::pretty(&document, efsm_xml::ROOT, false)
    } else {
        efsm_xml::compact(&document, efsm_xml::ROOT)
    };
    call.renderer.reserve(out.len())?;
    Ok(out.into())
}
