//! HAR recordings.

use crate::{get, header, json, mock};

const TEXT: &str = r#"{"log": {"version": "1.2", "entries": [
  {"request": {"method": "GET", "url": "https://api.example.com/search?q=a"},
   "response": {"status": 200, "headers": [{"name": "X-Page", "value": "1"}, {"name": "Content-Length", "value": "9"}],
                "content": {"mimeType": "application/json", "text": "{\"q\": \"a\"}"}}},
  {"request": {"method": "GET", "url": "https://api.example.com/search?q=b"},
   "response": {"status": 404, "headers": [], "content": {"mimeType": "text/plain", "text": "bm9uZQ==", "encoding": "base64"}}},
  {"request": {"method": "GET", "url": "https://api.example.com/blocked"}, "response": {"status": 0}}
]}}"#;

#[test]
fn recorded_answers_are_given_again_for_their_queries() {
    let mock = mock(TEXT);
    let first = get(&mock, "/search?q=a");
    assert_eq!((first.status, json(&first)["q"].as_str()), (200, Some("a")));
    assert_eq!(header(&first, "x-page"), Some("1"));
    let second = get(&mock, "/search?q=b");
    assert_eq!((second.status, &*second.body), (404, b"none".as_slice()));
    assert_eq!(json(&get(&mock, "/search?q=c"))["q"], "a");
    assert_eq!(get(&mock, "/blocked").status, 404);
}
