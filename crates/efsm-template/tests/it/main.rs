mod support;
mod wiremock;
