use std::collections::BTreeMap;

use super::Named;
use crate::format::table::keys;
use crate::format::values::{Name, Path};
use crate::format::{At, OneOrMany};

keys! {
    /// Buckets and their objects.
    pub(crate) struct StorageKeys "storage" {
        /// Buckets: a list of names, or a map of names to what they hold.
        buckets "buckets": Named<BucketKeys>;
    }
}

keys! {
    /// What a bucket holds.
    pub(crate) struct BucketKeys "bucket" {
        /// Files, folders and globs. A file's key is its name, or its path below the folder or below the part of the
        /// glob that has no wildcard.
        files "files": OneOrMany<At<Path>>;
        /// Objects with a key of their own.
        objects "objects": Vec<At<ObjectKeys>>;
    }
}

keys! {
    /// An object; its content is exactly one of `text`, `base64` and `file`.
    pub(crate) struct ObjectKeys "object" {
        /// The object's key.
        key "key": Name, required;
        /// The content as text.
        text "text": String;
        /// The content in base64 (RFC 4648, section 4).
        base64 "base64": At<String>;
        /// The file that holds the content.
        file "file": At<Path>;
        /// The media type; known from the extension of common keys when missing.
        content_type "content_type": Name;
        /// User metadata.
        metadata "metadata": BTreeMap<Name, String>;
    }
}
