use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::Resolver;
use super::media::media_type;
use crate::config::{Bucket, Object};
use crate::format::At;
use crate::keys::{BucketKeys, ObjectKeys};

impl Resolver<'_> {
    pub(super) fn bucket(&mut self, name: String, keys: BucketKeys) -> Bucket {
        let mut objects = Vec::new();
        for written in keys.files.unwrap_or_default().0 {
            for file in self.find(&written, |_| true) {
                if let Some(bytes) = self.bytes(&file.path, &written.origin) {
                    objects.push(Object {
                        origin: written.origin.clone(),
                        content_type: media_type(&file.below).map(str::to_owned),
                        key: file.below,
                        bytes: Bytes::from(bytes),
                        metadata: BTreeMap::new(),
                    });
                }
            }
        }
        for object in keys.objects.unwrap_or_default() {
            objects.extend(self.object(object));
        }
        // Stable: of two objects with one key, the later in the file is the one that is too many.
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        for pair in objects.windows(2) {
            if pair[0].key == pair[1].key {
                let message = format!("the bucket `{name}` has the key `{}` twice", pair[1].key);
                self.errors.push(pair[1].origin.error(message));
            }
        }
        Bucket { name, objects }
    }

    fn object(&mut self, At { value, origin }: At<ObjectKeys>) -> Option<Object> {
        let given = usize::from(value.text.is_some())
            + usize::from(value.base64.is_some())
            + usize::from(value.file.is_some());
        if given != 1 {
            let message = match given {
                0 => "this object has no content: give it one of `text`, `base64` and `file`",
                _ => "this object has several contents: keep one of `text`, `base64` and `file`",
            };
            self.errors.push(origin.error(message));
            return None;
        }
        let bytes = if let Some(text) = value.text {
            text.into_bytes()
        } else if let Some(encoded) = value.base64 {
            self.decoded(&encoded)?
        } else {
            let written = value.file?;
            let path = self.path(&written.value.0);
            self.bytes(&path, &written.origin)?
        };
        let key = value.key?.0;
        Some(Object {
            origin,
            bytes: Bytes::from(bytes),
            content_type: value
                .content_type
                .map(|media| media.0)
                .or_else(|| media_type(&key).map(str::to_owned)),
            metadata: value
                .metadata
                .unwrap_or_default()
                .into_iter()
                .map(|(name, text)| (name.0, text))
                .collect(),
            key,
        })
    }

    fn decoded(&mut self, encoded: &At<String>) -> Option<Vec<u8>> {
        // Block scalars fold long values over lines.
        let text: String = encoded
            .value
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .collect();
        match STANDARD.decode(text) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.errors
                    .push(encoded.origin.error(format!("not valid base64: {error}")));
                None
            }
        }
    }
}
