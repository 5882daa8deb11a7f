//! The prompt that turns a repository into an efsm.yaml.

/// Its name.
pub(crate) const NAME: &str = "describe_backend";
pub(crate) const TITLE: &str = "Describe this repository's backend as an efsm.yaml";
pub(crate) const DESCRIPTION: &str =
    "Reads a repository for the services that it talks to and writes an efsm.yaml for its tests";
/// The prompt's one argument.
pub(crate) const FOLDER: &str = "folder";

/// The words, for the repository at `folder`.
pub(crate) fn text(folder: &str) -> String {
    format!(
        "Write an efsm.yaml for the tests of the repository at {folder}, so that they run against efsm instead of real \
         services.\n\n\
         1. Find what the code talks to: HTTP APIs (base URLs, clients, OpenAPI documents), the database (schema files, \
         migrations, an ORM's models), tokens (issuers, audiences, claims that are checked), topics and queues, buckets. \
         Look at settings, environment variables, compose files, and at what existing tests mock.\n\
         2. For each, write the matching section. Point `database.schema` and `database.seed` at the repository's own files \
         where there are some; take example answers from its tests and fixtures; name the users and claims that its tests \
         need. Map its own variable names with `env`.\n\
         3. Call orchestrate_mock with `scenario` set to the text. Mend what it names, by file, line and key.\n\
         4. Call run_tests with the repository's test command. For every request without a stub, read its nearest stub and \
         add or mend one. Repeat until only failures of the code itself are left.\n\
         5. Save the text as efsm.yaml, and say what you had to guess.\n\n\
         Every key of efsm.yaml:\n\n{}",
        efsm_config::markdown()
    )
}
