"""`efsm init`, `doctor`, `export`, `completions`, `man`, `schema`: for people, machines and orchestrators."""

import json
import shutil
import signal
import subprocess

import compose_spec
import httpx
import kubernetes_validate
import pytest
import yaml

from stack import PATIENCE, REPOSITORY, Stack, binary

CHECKOUT = REPOSITORY / "examples/checkout"


def efsm(*arguments, code=0, **options):
    done = subprocess.run(
        [binary(), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, **options
    )
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class TestInit:
    def test_first_configuration_is_one_that_runs(self, tmp_path):
        folder = tmp_path / "shop"
        assert "efsm up" in efsm("init", folder).stdout
        with Stack(folder) as stack:
            assert stack.get("/hello").json() == {"msg": "world"}
            assert stack.rows("SELECT name FROM item") == [{"name": "tea"}]
            assert stack.get("/storage/documents/welcome.txt").text == "Welcome\n"

    def test_what_is_there_is_not_replaced_unless_told(self, tmp_path):
        (tmp_path / "efsm.yaml").write_text("name: mine\n")
        assert "--force" in efsm("init", cwd=tmp_path, code=125).stderr
        assert (tmp_path / "efsm.yaml").read_text() == "name: mine\n"
        efsm("init", "--force", cwd=tmp_path)
        assert "my-app" in (tmp_path / "efsm.yaml").read_text()

    def test_configuration_of_the_folder_is_found(self, tmp_path):
        efsm("init", tmp_path)
        with Stack(cwd=tmp_path) as stack:
            assert stack.up["name"] == "my-app"
            assert stack.get("/queue/topics").json() == {"topics": ["orders"]}


class TestDoctor:
    def test_says_what_there_is_and_why_not_more(self):
        findings = json.loads(efsm("doctor", "--json").stdout)
        tiers = {report["tier"]: report for report in findings["sandboxes"]}
        assert list(tiers) == ["docker", "namespaces", "limits"]
        assert tiers["limits"]["available"]
        for report in tiers.values():
            assert report["available"] or report["why_not"]
        assert findings["runtime_folder"]["ok"] and findings["loopback"]["ok"]
        text = efsm("doctor").stdout
        assert "not a security boundary" in text and "8888" in text

    def test_leaves_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        efsm("doctor")
        assert list(tmp_path.iterdir()) == []

    def test_tells_of_a_folder_that_cannot_be_used(self, tmp_path, monkeypatch):
        (tmp_path / "efsm").mkdir(mode=0o755)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        findings = json.loads(efsm("doctor", "--json").stdout)
        assert not findings["runtime_folder"]["ok"]


class TestCompose:
    def export(self, *arguments, **options):
        return yaml.safe_load(efsm("export", "compose", *arguments, **options).stdout)

    def test_file_is_valid_for_the_typed_parser(self):
        text = efsm("export", "compose", CHECKOUT, "--test-image", "shop", "--test-cmd", 'pytest "$X"').stdout
        file = compose_spec.PyCompose.from_yaml(text)
        file.validate()
        assert set(file.service_names()) == {"efsm", "tests"}

    def test_stack_is_held_back_and_tests_wait_for_it(self):
        file = self.export(CHECKOUT, "--test-image", "shop", "--test-cmd", "echo $X")
        stack, tests = file["services"]["efsm"], file["services"]["tests"]
        assert file["name"] == "checkout"
        assert stack["read_only"] and stack["cap_drop"] == ["ALL"] and stack["user"] == "65532:65532"
        assert stack["ports"] == ["127.0.0.1:8888:8888"]
        assert stack["volumes"][0]["source"] == str(CHECKOUT)
        assert tests["depends_on"]["efsm"]["condition"] == "service_healthy"
        assert tests["environment"]["EFSM_URL"] == "http://efsm:8888"
        assert tests["command"] == ["sh", "-c", "echo $$X"]

    def test_arguments_are_ones_that_efsm_takes(self, tmp_path):
        stack = self.export(CHECKOUT)["services"]["efsm"]
        arguments = [argument.replace("/stack", str(CHECKOUT)) for argument in stack["command"]]
        # As in the container, but for the port, which may be taken here.
        arguments = [a for a in arguments if a not in ("--strict-port", "--bind=0.0.0.0", "--port=8888")]
        with Stack(*arguments[1:]) as up:
            assert up.env["OIDC_ISSUER"] == "http://efsm:8888/auth" == up.up["url"] + "/auth"

    def test_without_a_configuration(self, tmp_path):
        file = self.export(cwd=tmp_path)
        assert file["name"] == "efsm" and "volumes" not in file["services"]["efsm"]

    def test_files_elsewhere_are_refused(self, tmp_path):
        (tmp_path / "a.sql").write_text("SELECT 1;")
        folder = tmp_path / "stack"
        folder.mkdir()
        (folder / "efsm.yaml").write_text("database: {schema: ../a.sql}\n")
        assert "a.sql" in efsm("export", "compose", folder, code=125).stderr


class TestKubernetes:
    def export(self, *arguments, **options):
        return list(yaml.safe_load_all(efsm("export", "kubernetes", *arguments, **options).stdout))

    def test_every_manifest_is_valid_for_the_typed_schemas(self, tmp_path):
        for manifests in [self.export(CHECKOUT, "--test-cmd", "pytest -q"), self.export(cwd=tmp_path)]:
            kinds = [manifest["kind"] for manifest in manifests]
            assert kinds[-5:] == ["Deployment", "Service", "NetworkPolicy", "NetworkPolicy", "Job"]
            for manifest in manifests:
                kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)

    def test_configuration_travels_byte_by_byte(self):
        manifests = self.export(CHECKOUT)
        config_map = manifests[0]
        assert config_map["kind"] == "ConfigMap"
        data = config_map["data"]
        for mount in self.pod(manifests, "Deployment")["containers"][0]["volumeMounts"]:
            if "subPath" in mount:
                path = CHECKOUT / mount["mountPath"].removeprefix("/stack/")
                if mount["subPath"] in data:
                    assert data[mount["subPath"]].encode() == path.read_bytes(), path

    def pod(self, manifests, kind):
        [manifest] = [manifest for manifest in manifests if manifest["kind"] == kind]
        return manifest["spec"]["template"]["spec"]

    def test_pods_are_held_back(self):
        manifests = self.export(CHECKOUT)
        for kind in ["Deployment", "Job"]:
            pod = self.pod(manifests, kind)
            assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
            for container in pod["containers"] + pod.get("initContainers", []):
                security = container["securityContext"]
                assert security["readOnlyRootFilesystem"] and security["capabilities"] == {"drop": ["ALL"]}
                assert not security["allowPrivilegeEscalation"]
        container = self.pod(manifests, "Deployment")["containers"][0]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)

    def test_job_has_the_stack_as_a_sidecar(self):
        pod = self.pod(self.export(CHECKOUT, "--test-image", "shop", "--test-cmd", "pytest"), "Job")
        [sidecar], [tests] = pod["initContainers"], pod["containers"]
        assert sidecar["restartPolicy"] == "Always" and "--bind=127.0.0.1" in sidecar["args"]
        assert tests["image"] == "shop" and tests["command"] == ["sh", "-c", "pytest"]
        assert {"name": "EFSM_URL", "value": "http://127.0.0.1:8888"} in tests["env"]

    def test_health_command_tells_a_stack_that_is_up(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        command = self.pod(self.export(CHECKOUT), "Job")["initContainers"][0]["startupProbe"]["exec"]["command"]
        assert command[0] == "efsm"
        efsm(*command[1:], code=3)
        with Stack("--name", command[-1]):
            efsm(*command[1:])

    def test_large_configuration_is_refused(self, tmp_path):
        (tmp_path / "big.bin").write_bytes(b"x" * 1_100_000)
        (tmp_path / "efsm.yaml").write_text("storage: {buckets: {b: {files: big.bin}}}\n")
        assert "ConfigMap" in efsm("export", "kubernetes", tmp_path, code=125).stderr


class TestShell:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completions_know_every_command(self, shell, tmp_path):
        script = efsm("completions", shell).stdout
        for command in ["up", "run", "snapshot", "export"]:
            assert command in script
        if shutil.which(shell):
            path = tmp_path / "script"
            path.write_text(script)
            check = ["--no-execute"] if shell == "fish" else ["-n"]
            subprocess.run([shell, *check, str(path)], check=True, timeout=PATIENCE)

    def test_bash_completes(self):
        if not shutil.which("bash"):
            pytest.skip("there is no bash on this machine")
        script = 'eval "$("$0" completions bash)"; COMP_WORDS=(efsm sna); COMP_CWORD=1; _efsm efsm sna efsm; echo "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", script, binary()], capture_output=True, text=True, timeout=PATIENCE)
        assert done.stdout.split() == ["snapshot"], done

    def test_manual_has_a_page_for_every_command(self, tmp_path):
        assert ".TH efsm 1" in efsm("man").stdout
        efsm("man", "--dir", tmp_path)
        pages = {page.name for page in tmp_path.iterdir()}
        assert {"efsm.1", "efsm-up.1", "efsm-run.1", "efsm-export-compose.1"} <= pages

    def test_schema_is_json(self):
        assert "properties" in json.loads(efsm("schema").stdout)


def test_public_url_is_what_clients_are_told(start):
    stack = start(None, "--public-url", "http://stack.example:8080/")
    assert stack.up["url"] == "http://stack.example:8080"
    local = f"http://127.0.0.1:{stack.port}"
    env = httpx.get(f"{local}/_efsm/env").json()
    assert env["EFSM_URL"] == "http://stack.example:8080"
    assert env["OIDC_ISSUER"] == "http://stack.example:8080/auth"
    fork = httpx.post(f"{local}/_efsm/fork", json={}).json()
    assert fork["url"] == f"http://127.0.0.1:{fork['port']}"
    stack.process.send_signal(signal.SIGINT)
