"""What programs do with a cluster, by the Kubernetes client for Python: make, read, list, watch, patch, apply, delete."""

import sys
import threading

from kubernetes import client, config, dynamic, watch

kubeconfig, proxy = sys.argv[1:3]
settings = client.Configuration()
config.load_kube_config(kubeconfig, client_configuration=settings)
settings.proxy = proxy
api = client.ApiClient(settings)
core = client.CoreV1Api(api)
apps = client.AppsV1Api(api)

core.create_namespace({"metadata": {"name": "shop"}})
assert "shop" in [found.metadata.name for found in core.list_namespace().items]
assert core.read_namespaced_service_account("default", "shop").metadata.uid

made = core.create_namespaced_config_map("shop", {"metadata": {"generateName": "settings-"}, "data": {"a": "1"}})
name = made.metadata.name
assert name.startswith("settings-") and len(name) > len("settings-")
patched = core.patch_namespaced_config_map(name, "shop", {"data": {"b": "2"}})
assert patched.data == {"a": "1", "b": "2"}

# The first writer wins; the second has to read again.
made.data = {"a": "3"}
try:
    core.replace_namespaced_config_map(name, "shop", made)
    raise AssertionError("an old version was taken")
except client.ApiException as refused:
    assert refused.status == 409 and "Conflict" in refused.body

secret = core.create_namespaced_secret("shop", client.V1Secret(metadata=client.V1ObjectMeta(name="key"), string_data={"a": "b"}))
assert secret.data == {"a": "Yg=="} and secret.type == "Opaque"

labels = {"app": "web"}
container = client.V1Container(name="web", image="nginx:1.27")
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
)
deployment = client.V1Deployment(
    metadata=client.V1ObjectMeta(name="web"),
    spec=client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template),
)
apps.create_namespaced_deployment("shop", deployment)
pods = core.list_namespaced_pod("shop", label_selector="app=web").items
assert len(pods) == 2 and all(pod.status.phase == "Running" for pod in pods)

# Watching, from another thread's point of view.
seen = []


def look():
    for event in watch.Watch().stream(core.list_namespaced_config_map, "shop", label_selector="seen", timeout_seconds=20):
        seen.append(event["type"])
        if event["type"] == "DELETED":
            return


looking = threading.Thread(target=look)
looking.start()
core.create_namespaced_config_map("shop", {"metadata": {"name": "watched", "labels": {"seen": "yes"}}})
core.patch_namespaced_config_map("watched", "shop", {"data": {"x": "y"}})
while "ADDED" not in seen and looking.is_alive():
    looking.join(0.05)
core.delete_namespaced_config_map("watched", "shop")
looking.join()
assert seen[0] == "ADDED" and seen[-1] == "DELETED", seen

# Kinds found by discovery, and server-side apply.
maps = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied", "namespace": "shop"}, "data": {"a": "1"}}
applied = maps.server_side_apply(body, field_manager="one")
assert applied.metadata.managedFields[0].operation == "Apply"
body["data"] = {"a": "2"}
try:
    maps.server_side_apply(body, field_manager="two")
    raise AssertionError("a conflict was not seen")
except client.ApiException as refused:
    assert refused.status == 409
assert maps.server_side_apply(body, field_manager="two", force_conflicts=True).data.a == "2"

token = core.create_namespaced_service_account_token(
    "default", "shop", {"spec": {"audiences": ["api://AzureADTokenExchange"], "expirationSeconds": 3600}}
)
assert token.status.token.count(".") == 2

core.delete_namespace("shop")
assert "shop" not in [found.metadata.name for found in core.list_namespace().items]
