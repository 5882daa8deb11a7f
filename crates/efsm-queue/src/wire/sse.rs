//! A subscription as Server-Sent Events: the id is the sequence number, the data is the message.

use efsm_core::Response;
use efsm_wire::sse::{self, Event};
use futures_util::stream;
use serde_json::json;

use crate::{Delivery, Subscription};

pub(super) fn answer(subscription: Subscription) -> Response {
    sse::response(stream::unfold(subscription, async |mut subscription| {
        let delivery = subscription.next().await?;
        Some((event(&delivery), subscription))
    }))
}

fn event(delivery: &Delivery) -> Event {
    match delivery {
        // A line break in JSON text can only be white space between two tokens, and would end the field.
        Delivery::Message(message) => {
            Event::data(message.text().replace(['\r', '\n'], " ")).with_id(message.seq)
        }
        Delivery::Reset {
            generation,
            after,
            at,
        } => Event::data(json!({"generation": generation, "after": after, "at": at}).to_string())
            .with_event("reset")
            .with_id(after),
    }
}
