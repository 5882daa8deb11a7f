//! Scalars by chance, led by the names of the type and the field.

use efsm_generate::{Random, fake};
use serde_json::{Value as Json, json};

/// Types whose `name` is a person's.
const PEOPLE: [&str; 14] = [
    "user", "person", "author", "customer", "member", "employee", "contact", "owner", "profile",
    "viewer", "actor", "student", "teacher", "patient",
];

pub(super) fn scalar(scalar: &str, field: &str, parent: &str, random: &mut Random) -> Json {
    match scalar {
        "ID" => number_id(random),
        "Int" => int(field, random).into(),
        "Float" => float(field, random),
        "Boolean" => random.chance(50).into(),
        "String" => text(field, parent, random).into(),
        custom => custom_scalar(custom, field, parent, random),
    }
}

pub(super) fn number_id(random: &mut Random) -> Json {
    random.between(1, 9_999_999).to_string().into()
}

fn int(field: &str, random: &mut Random) -> i64 {
    let guess = fake::integer_for(field, random);
    guess.unwrap_or_else(|| random.between(1, 1_000) as i64)
}

fn float(field: &str, random: &mut Random) -> Json {
    let guess = fake::number_for(field, random);
    guess
        .unwrap_or_else(|| random.between(0, 100_000) as f64 / 100.0)
        .into()
}

fn text(field: &str, parent: &str, random: &mut Random) -> String {
    let parent = parent.to_ascii_lowercase();
    let field = match field {
        "name" if PEOPLE.iter().any(|person| parent.ends_with(person)) => "fullName",
        field => field,
    };
    fake::string_for(field, None, random)
}

fn custom_scalar(scalar: &str, field: &str, parent: &str, random: &mut Random) -> Json {
    let mut name: String = scalar.chars().filter(|c| *c != '_').collect();
    name.make_ascii_lowercase();
    let of_format =
        |format: &str, random: &mut Random| fake::string_for(field, Some(format), random);
    let named = |name: &str, random: &mut Random| fake::string_for(name, None, random);
    match name.as_str() {
        "datetime" | "timestamp" | "timestamptz" | "localdatetime" | "offsetdatetime"
        | "zoneddatetime" | "instant" | "iso8601datetime" | "datetimeiso" | "utcdatetime"
        | "precisedatetime" | "naivedatetime" | "awsdatetime" => {
            of_format("date-time", random).into()
        }
        "date" | "localdate" | "iso8601date" | "naivedate" | "calendardate" | "awsdate" => {
            of_format("date", random).into()
        }
        "time" | "localtime" | "offsettime" | "timetz" | "naivetime" | "awstime" => {
            of_format("time", random).into()
        }
        "duration" | "iso8601duration" | "interval" => of_format("duration", random).into(),
        "uuid" | "guid" => of_format("uuid", random).into(),
        "url" | "uri" | "uriscalar" | "link" | "href" | "awsurl" => of_format("uri", random).into(),
        "email" | "emailaddress" | "awsemail" => of_format("email", random).into(),
        "phone" | "phonenumber" | "awsphone" => of_format("phone", random).into(),
        "ip" | "ipv4" | "ipaddress" | "awsipaddress" => of_format("ipv4", random).into(),
        "ipv6" => of_format("ipv6", random).into(),
        "base64" | "base64string" | "byte" | "bytes" | "binary" => {
            of_format("base64", random).into()
        }
        "json" | "jsonobject" | "jsonb" | "map" | "object" | "any" | "jsonschema" => {
            json!({ fake::word(random): fake::word(random), "count": random.between(1, 100) as i64 })
        }
        "awsjson" | "jsonstring" => format!("{{\"value\":{}}}", random.between(1, 100)).into(),
        "void" | "null" => Json::Null,
        "bigint" | "long" | "int64" | "uint64" | "biginteger" | "safeint" | "unsignedint64" => {
            let guess = fake::integer_for(field, random);
            guess
                .unwrap_or_else(|| random.between(1, 9_999_999_999) as i64)
                .into()
        }
        "int8" | "uint8" | "short" | "int16" | "uint16" | "int32" | "uint32" | "unsignedint"
        | "positiveint" | "nonnegativeint" | "port" => int(field, random).into(),
        "negativeint" | "nonpositiveint" => (-int(field, random)).into(),
        "unixtimestamp" | "epoch" | "awstimestamp" => {
            (random.between(1_577_836_800, 1_767_225_599) as i64).into()
        }
        "float32" | "float64" | "double" | "nonnegativefloat" | "positivefloat" => {
            float(field, random)
        }
        "latitude" | "longitude" => float(&name, random),
        "decimal" | "bigdecimal" | "money" | "numeric" | "price" => {
            let guess = fake::number_for(field, random);
            let value = guess.unwrap_or_else(|| random.between(1, 99_999) as f64 / 100.0);
            format!("{value:.2}").into()
        }
        "html" => format!("<p>{}</p>", named("sentence text", random)).into(),
        "markdown" | "richtext" => format!("**{}**", named("title", random)).into(),
        "gitobjectid" | "sha" | "sha256" | "hash" => named("hash", random).into(),
        "upload" | "file" => named("filename", random).into(),
        "cursor" => named("token", random).into(),
        "countrycode" | "currency" | "currencycode" | "locale" | "timezone" | "hexcolor"
        | "hexcolorcode" | "mac" | "hostname" | "slug" | "username" | "password" | "semver"
        | "postalcode" | "language" | "languagecode" | "country" => {
            let known = match name.as_str() {
                "hexcolorcode" | "hexcolor" => "hex color",
                "currencycode" => "currency",
                "countrycode" => "country code",
                "languagecode" => "language",
                "semver" => "version",
                "postalcode" => "postal code",
                known => known,
            };
            named(known, random).into()
        }
        _ => text(field, parent, random).into(),
    }
}
