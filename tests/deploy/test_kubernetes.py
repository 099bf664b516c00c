import re
import shutil
import subprocess
from collections.abc import Mapping

import kubernetes_validate
import pytest
import yaml

from modelyard.bootstrap.settings import Settings
from tests.deploy.files import (
    BASE,
    DEPLOY,
    ROOT,
    Document,
    container,
    containers,
    kustomizations,
    manifest,
    manifests,
    pods,
)

OBJECTS = {f"{one['kind']} {one['metadata']['name']}": one for one in manifests()}
WORKLOADS = pods()
VERSIONS = ["1.30", "1.37"]
"""The oldest that has all we use, and the newest whose schemas are here."""


def check(document: Document, version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


def selected(labels: Mapping[str, str]) -> set[str]:
    return {name for name, pod in WORKLOADS.items() if labels.items() <= pod["metadata"]["labels"].items()}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OBJECTS)
def test_each_object_is_as_its_schema_has_it(name: str, version: str) -> None:
    check(OBJECTS[name], version)


def test_a_wrong_object_would_be_found() -> None:
    wrong = OBJECTS["Service modelyard"] | {"spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        check(wrong, VERSIONS[0])


def test_there_is_what_a_deployment_needs() -> None:
    kinds = {one["kind"] for one in OBJECTS.values()}
    assert kinds == {
        *("Namespace", "ServiceAccount", "NetworkPolicy", "Job", "Deployment", "Service", "Ingress"),
        *("HorizontalPodAutoscaler", "PodDisruptionBudget", "CronJob", "PersistentVolumeClaim"),
    }


@pytest.mark.parametrize("folder", kustomizations())
def test_a_kustomization_names_every_file_beside_it(folder: str) -> None:
    document = kustomizations()[folder]
    named = {*document.get("resources", []), "kustomization.yaml"}
    named |= {file for one in document.get("configMapGenerator", []) for file in one.get("files", [])}
    there = {path.name for path in (DEPLOY / folder).iterdir()}
    assert there == {name for name in named if not name.startswith("..")}
    assert [name for name in named if not (DEPLOY / folder / name).exists()] == []


@pytest.mark.parametrize("name", WORKLOADS)
def test_each_pod_is_restricted_and_knows_nothing_of_kubernetes(name: str) -> None:
    spec = WORKLOADS[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == "modelyard"
    assert spec["enableServiceLinks"] is False  # else Kubernetes sets MODELYARD_PORT and others to what we refuse
    assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC"}
    assert [volume for volume in spec.get("volumes", []) if "hostPath" in volume] == []


@pytest.mark.parametrize("name", WORKLOADS)
def test_each_container_can_do_little(name: str) -> None:
    for one in containers(WORKLOADS[name]):
        context = one["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context.get("runAsUser", 1) > 0
        assert one["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in one["resources"]["limits"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_is_mounted_is_declared_and_what_is_declared_is_mounted(name: str) -> None:
    mounted = {mount["name"] for one in containers(WORKLOADS[name]) for mount in one.get("volumeMounts", [])}
    assert mounted == {volume["name"] for volume in WORKLOADS[name]["spec"].get("volumes", [])}


def test_whoever_selects_pods_selects_those_that_are_there() -> None:
    deployment = manifest("Deployment", "modelyard")["spec"]
    assert selected(deployment["selector"]["matchLabels"]) == {"modelyard"}
    assert selected(manifest("Service", "modelyard")["spec"]["selector"]) == {"modelyard"}
    assert selected(manifest("PodDisruptionBudget", "modelyard")["spec"]["selector"]["matchLabels"]) == {"modelyard"}
    for spread in deployment["template"]["spec"]["topologySpreadConstraints"]:
        assert selected(spread["labelSelector"]["matchLabels"]) == {"modelyard"}
    assert selected(manifest("NetworkPolicy", "server")["spec"]["podSelector"]["matchLabels"]) == {"modelyard"}
    assert selected(manifest("NetworkPolicy", "outwards")["spec"]["podSelector"]["matchLabels"]) == set(WORKLOADS)


def test_nothing_is_let_in_or_out_but_what_is_named() -> None:
    assert manifest("NetworkPolicy", "deny-all")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (way_in,) = manifest("NetworkPolicy", "server")["spec"]["ingress"]
    assert way_in["from"]
    assert len(way_in["ports"]) == 1
    assert all(way["ports"] for way in manifest("NetworkPolicy", "outwards")["spec"]["egress"])


def test_configuration_comes_from_what_the_kustomizations_generate() -> None:
    generated = {one["name"] for each in kustomizations().values() for one in each.get("configMapGenerator", [])}
    text = "".join(path.read_text(encoding="utf-8") for path in BASE.glob("*.yaml"))
    used = set(re.findall(r"configMapRef: \{name: ([\w-]+)\}|configMap: \{name: ([\w-]+)\}", text))
    assert {one or other for one, other in used} == generated


def test_secrets_are_made_by_the_operator_and_the_page_says_how() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in BASE.glob("*.yaml"))
    assert "kind: Secret" not in text
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for name, key in set(re.findall(r"secretKeyRef: \{name: ([\w-]+), key: ([\w-]+)", text)):
        assert f"create secret generic {name} " in page
        assert f"--from-literal={key}=" in page
    for name in re.findall(r"secretName: (modelyard-[\w-]+)", text):
        assert re.search(rf"create secret (generic|tls) {name} ", page)


def test_a_pod_ends_after_its_requests() -> None:
    deployment = manifest("Deployment", "modelyard")["spec"]["template"]["spec"]
    pause = container("modelyard", "server")["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert deployment["terminationGracePeriodSeconds"] > pause + Settings().shutdown_timeout_seconds


def test_there_are_two_servers_at_least_and_one_goes_at_a_time() -> None:
    scaler = manifest("HorizontalPodAutoscaler", "modelyard")["spec"]
    deployment = manifest("Deployment", "modelyard")["spec"]
    assert scaler["minReplicas"] == 2
    assert "replicas" not in deployment
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert manifest("PodDisruptionBudget", "modelyard")["spec"]["maxUnavailable"] == 1
    (metric,) = scaler["metrics"]
    assert metric["containerResource"]["container"] in {one["name"] for one in containers(WORKLOADS["modelyard"])}


def test_the_example_replaces_all_that_differs_from_place_to_place() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed, so nothing here puts kustomizations together")
    command = (kubectl, "kustomize", str(DEPLOY / "kubernetes" / "example"))
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rendered = list(yaml.safe_load_all(text))
    for document in rendered:
        check(document, VERSIONS[-1])
    assert {one["metadata"].get("namespace", "modelyard") for one in rendered} == {"modelyard"}
    settings = [value for one in rendered if one["kind"] == "ConfigMap" for value in one["data"].values()]
    assert {"https://models.example", "s3://my-bucket/registry", "10.42.0.0/16"} <= set(settings)
    assert set(re.findall(r"image: (.*modelyard:.*)", text)) == {"images.example/modelyard:0.1.0"}
    assert [one for one in ("registry.example", "10.244.", "s3://models/", "ClassName: public") if one in text] == []
