//! What every schema has without saying so: section 3.5, 3.13 and 4.

use std::sync::OnceLock;

use crate::syntax::ast::SystemDefinition;
use crate::syntax::parse_document;

const SDL: &str = r#"
"The `Int` scalar type represents non-fractional signed whole numeric values between -(2^31) and 2^31 - 1."
scalar Int
"The `Float` scalar type represents signed double-precision fractional values as specified by IEEE 754."
scalar Float
"The `String` scalar type represents textual data, as UTF-8 character sequences."
scalar String
"The `Boolean` scalar type represents `true` or `false`."
scalar Boolean
"The `ID` scalar type represents a unique identifier; it is written as a string, and read from a string or a whole number."
scalar ID

"Includes this field or fragment only when the `if` argument is true."
directive @include("Included when true." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Skips this field or fragment when the `if` argument is true."
directive @skip("Skipped when true." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Marks an element of a GraphQL schema as no longer supported."
directive @deprecated(
  "Why it is deprecated, and what to use instead, as Markdown."
  reason: String = "No longer supported"
) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"Says where the behaviour of a custom scalar is specified."
directive @specifiedBy("The URL of the specification." url: String!) on SCALAR
"Marks an input object of which exactly one field must be given."
directive @oneOf on INPUT_OBJECT

"The schema of this service: its types, its directives and where operations begin."
type __Schema {
  description: String
  "Every type of this service."
  types: [__Type!]!
  "Where queries begin."
  queryType: __Type!
  "Where mutations begin, if the service has any."
  mutationType: __Type
  "Where subscriptions begin, if the service has any."
  subscriptionType: __Type
  "Every directive of this service."
  directives: [__Directive!]!
}
"A type: named, a list, or not null."
type __Type {
  kind: __TypeKind!
  name: String
  description: String
  specifiedByURL: String
  fields(includeDeprecated: Boolean = false): [__Field!]
  interfaces: [__Type!]
  possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
  inputFields(includeDeprecated: Boolean = false): [__InputValue!]
  ofType: __Type
  isOneOf: Boolean
}
"Which kind of type a `__Type` is."
enum __TypeKind {
  SCALAR
  OBJECT
  INTERFACE
  UNION
  ENUM
  INPUT_OBJECT
  LIST
  NON_NULL
}
"A field of an object or interface."
type __Field {
  name: String!
  description: String
  args(includeDeprecated: Boolean = false): [__InputValue!]!
  type: __Type!
  isDeprecated: Boolean!
  deprecationReason: String
}
"An argument of a field or directive, or a field of an input object."
type __InputValue {
  name: String!
  description: String
  type: __Type!
  "The default value, as GraphQL writes it."
  defaultValue: String
  isDeprecated: Boolean!
  deprecationReason: String
}
"One of the values of an enum."
type __EnumValue {
  name: String!
  description: String
  isDeprecated: Boolean!
  deprecationReason: String
}
"A directive."
type __Directive {
  name: String!
  description: String
  isRepeatable: Boolean!
  locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean = false): [__InputValue!]!
}
"Where a directive may stand."
enum __DirectiveLocation {
  QUERY
  MUTATION
  SUBSCRIPTION
  FIELD
  FRAGMENT_DEFINITION
  FRAGMENT_SPREAD
  INLINE_FRAGMENT
  VARIABLE_DEFINITION
  SCHEMA
  SCALAR
  OBJECT
  FIELD_DEFINITION
  ARGUMENT_DEFINITION
  INTERFACE
  UNION
  ENUM
  ENUM_VALUE
  INPUT_OBJECT
  INPUT_FIELD_DEFINITION
}
"The fields that introspection adds to every query, and to every object."
type __Meta {
  __schema: __Schema!
  __type(name: String!): __Type
  __typename: String!
}
"#;

/// The definitions; the last one is `__Meta`, whose fields are no type's of the schema.
pub(super) fn definitions() -> &'static [SystemDefinition] {
    static PARSED: OnceLock<Vec<SystemDefinition>> = OnceLock::new();
    PARSED.get_or_init(|| {
        // Our own text, which the tests parse: it has no error to tell of.
        let document = parse_document(SDL, super::LIMITS).expect("the built-in SDL is well-formed");
        document.system
    })
}
