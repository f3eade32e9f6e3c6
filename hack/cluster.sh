#!/usr/bin/env bash
# The local cluster: one real Kubernetes node out of Go modules and Debian packages, for machines that have neither
# Docker nor a container registry. etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet,
# kube-proxy and CoreDNS run as processes with pid files, pods run in containerd.
#
#   hack/cluster.sh up        bring it up, or heal what has died
#   hack/cluster.sh down      stop it and remove every process, mount, network interface, firewall rule and file of it
#   hack/cluster.sh build     only build its binaries
#   hack/cluster.sh status    say what runs
#
# Everything is under .demo/ (or $DEMO); the kubeconfig is .demo/kubeconfig.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

NODE=darkroom
POD_CIDR=10.89.0.0/24
SERVICE_CIDR=10.97.0.0/24
API_SERVICE_IP=10.97.0.1
API_PORT=16443
ETCD_PORT=12379
CONTAINERD_SOCKET=$RUN/containerd.sock
PKI=$DEMO/pki
VOLUMES=40

node_ip() { ip -4 route get 192.0.2.254 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p' | head -n 1; }

# alive tells whether the process of a pid file still runs and is ours (a pid may have been given away since).
alive() {
	local pid
	pid=$(cat "$RUN/$1.pid" 2>/dev/null) || return 1
	[ -n "$pid" ] && [ -r "/proc/$pid/environ" ] && tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "DARKROOM_CLUSTER=$DEMO"
}

# start runs a component in the background unless it runs already.
start() {
	local name=$1
	shift
	alive "$name" && return 0
	DARKROOM_CLUSTER=$DEMO setsid "$@" >>"$LOG/$name.log" 2>&1 </dev/null &
	echo $! >"$RUN/$name.pid"
}

# halt stops a component: politely, then not.
halt() {
	local name=$1 pid
	if alive "$name"; then
		pid=$(cat "$RUN/$name.pid")
		kill "$pid" 2>/dev/null || true
		until_true 10 "$name" sh -c "! kill -0 $pid" || kill -9 "$pid" 2>/dev/null || true
	fi
	rm -f "$RUN/$name.pid"
}

build() {
	mkdir -p "$BIN" "$RUN" "$LOG"
	if [ ! -x "$BIN/kubernetes" ] || [ "$ROOT/hack/cluster/go.sum" -nt "$BIN/kubernetes" ] || [ "$ROOT/hack/cluster/main.go" -nt "$BIN/kubernetes" ]; then
		say "building Kubernetes from Go modules (about 12 minutes the first time on two cores, then cached)"
		CGO_ENABLED=0 quietly build-kubernetes go build -C "$ROOT/hack/cluster" -trimpath -o "$BIN/kubernetes" \
			-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37" .
		touch "$BIN/kubernetes"
	fi
	if [ ! -x "$BIN/coredns" ] || [ "$ROOT/hack/coredns/go.sum" -nt "$BIN/coredns" ]; then
		say "building CoreDNS (about 3 minutes the first time)"
		CGO_ENABLED=0 quietly build-coredns go build -C "$ROOT/hack/coredns" -trimpath -ldflags "-s -w" -o "$BIN/coredns" .
		touch "$BIN/coredns"
	fi
	printf '#!/bin/sh\nexec "%s/kubernetes" kubectl "$@"\n' "$BIN" >"$BIN/kubectl"
	chmod +x "$BIN/kubectl"
}

# certificate NAME SUBJECT [SAN…] signs a key pair with the cluster's CA unless there is one.
certificate() {
	local name=$1 subject=$2
	shift 2
	[ -s "$PKI/$name.crt" ] && return 0
	openssl req -newkey rsa:2048 -nodes -keyout "$PKI/$name.key" -out "$PKI/$name.csr" -subj "$subject" 2>/dev/null
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${*:-DNS:$name}" >"$PKI/$name.ext"
	openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial -days 365 \
		-extfile "$PKI/$name.ext" -out "$PKI/$name.crt" 2>/dev/null
	rm -f "$PKI/$name.csr" "$PKI/$name.ext"
}

credentials() {
	mkdir -p "$PKI"
	chmod 700 "$PKI"
	if [ ! -s "$PKI/ca.crt" ]; then
		openssl req -x509 -newkey rsa:2048 -nodes -keyout "$PKI/ca.key" -out "$PKI/ca.crt" -days 365 -subj "/CN=darkroom-local" 2>/dev/null
		openssl genrsa -out "$PKI/service-account.key" 2048 2>/dev/null
	fi
	if [ "$(cat "$PKI/node-ip" 2>/dev/null)" != "$IP" ]; then
		rm -f "$PKI"/apiserver.* "$PKI"/kubelet.* # the machine got another address
		echo "$IP" >"$PKI/node-ip"
	fi
	certificate apiserver /CN=kube-apiserver "IP:$IP,IP:127.0.0.1,IP:$API_SERVICE_IP,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
	certificate kubelet "/CN=$NODE" "IP:$IP,DNS:$NODE"
	certificate admin /O=system:masters/CN=admin
	certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
	cat >"$DEMO/kubeconfig.new" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "https://$IP:$API_PORT", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}}]
users: [{name: admin, user: {client-certificate-data: $(base64 -w0 "$PKI/admin.crt"), client-key-data: $(base64 -w0 "$PKI/admin.key")}}]
contexts: [{name: local, context: {cluster: local, user: admin}}]
current-context: local
YAML
	chmod 600 "$DEMO/kubeconfig.new"
	mv "$DEMO/kubeconfig.new" "$DEMO/kubeconfig"
	export KUBECONFIG=$DEMO/kubeconfig
}

configure() {
	mkdir -p "$DEMO/cni"
	cat >"$DEMO/containerd.toml" <<TOML
version = 2
root = "$DEMO/containerd"
state = "$RUN/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "darkroom.local/pause:1"
  restrict_oom_score_adj = true
  enable_unprivileged_ports = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DEMO/cni"
TOML
	# Point-to-point links instead of a bridge: every packet between pods is routed by the host, so that Service
	# addresses are translated on the way back, too, without br_netfilter.
	cat >"$DEMO/cni/10-darkroom.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "darkroom", "plugins": [
  {"type": "ptp", "ipMasq": false, "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "$DEMO/cni-state", "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
]}
JSON
	cat >"$DEMO/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $IP
port: 11250
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
healthzPort: 11248
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: AlwaysAllow}
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
cgroupDriver: cgroupfs
cgroupRoot: /
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false # kube-proxy speaks nftables; nothing of iptables is left behind
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
clusterDNS: [$IP]
clusterDomain: cluster.local
resolvConf: $DEMO/resolv.conf
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageMinimumGCAge: 24h
maxPods: 110
nodeStatusUpdateFrequency: 5s
syncFrequency: 10s
serializeImagePulls: false
shutdownGracePeriod: 0s
YAML
	grep nameserver /etc/resolv.conf >"$DEMO/resolv.conf" || echo "nameserver 127.0.0.1" >"$DEMO/resolv.conf"
	cat >"$DEMO/Corefile" <<COREFILE
.:53 {
  bind $IP
  errors
  health 127.0.0.1:11080
  ready 127.0.0.1:11081
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $DEMO/kubeconfig
    pods insecure
  }
  cache 5
}
COREFILE
}

# pause is the container that holds a pod's namespaces: it waits and reaps. Its image is made here.
pause_image() {
	ctr images ls -q 2>/dev/null | grep -qx darkroom.local/pause:1 && return 0
	local work=$DEMO/pause layer
	mkdir -p "$work"
	cat >"$work/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void stop(int s) { _exit(0); }
static void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) {
  signal(SIGINT, stop); signal(SIGTERM, stop); signal(SIGCHLD, reap);
  for (;;) pause();
}
C
	gcc -static -Os -o "$work/pause" "$work/pause.c"
	tar -C "$work" --owner=0 --group=0 --mtime=@0 -cf "$work/layer.tar" pause
	layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
	printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/pause"],"User":"65535:65535"},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$layer" >"$work/config.json"
	printf '[{"Config":"config.json","RepoTags":["darkroom.local/pause:1"],"Layers":["layer.tar"]}]' >"$work/manifest.json"
	tar -C "$work" -cf "$work/image.tar" config.json manifest.json layer.tar
	ctr images import "$work/image.tar" >/dev/null
	rm -rf "$work"
}

# sweep removes the links of pods that no longer run: a node that was not taken down in order (power loss, kill -9 of
# everything) leaves routes that would swallow the packets for the next pods with these addresses.
sweep() {
	local link
	pgrep -f -- "-address $CONTAINERD_SOCKET" >/dev/null && return 0
	for link in $(ip -4 route show root "$POD_CIDR" | sed -n 's/.* dev \(veth[0-9a-f]*\).*/\1/p' | sort -u); do
		ip link delete "$link" 2>/dev/null || true
	done
	rm -rf "$DEMO/cni-state"
}

ctr() { command ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io "$@"; }

up() {
	packages bc ca-certificates containerd containernetworking-plugins curl gcc iproute2 iptables jq libc6-dev nftables openssl procps runc
	[ "$(id -u)" = 0 ] || die "the local cluster needs root; use CLUSTER=current with a kubeconfig of yours instead"
	build
	IP=${NODE_IP:-$(node_ip)}
	[ -n "$IP" ] || die "no IPv4 address found for the node; set NODE_IP"
	if [ "$(readlink "$DEMO/up" 2>/dev/null)" != "$IP" ]; then say "starting the node at $IP"; fi
	credentials
	configure
	[ -s "$RUN/ip_forward" ] || cat /proc/sys/net/ipv4/ip_forward >"$RUN/ip_forward"
	echo 1 >/proc/sys/net/ipv4/ip_forward
	# The address of a pod that is gone leads nowhere: by the default route whoever is behind it would answer.
	ip route replace unreachable "$POD_CIDR"

	alive containerd || sweep
	start containerd containerd --config "$DEMO/containerd.toml" --log-level warn
	start etcd "$BIN/kubernetes" etcd --data-dir "$DEMO/etcd" --unsafe-no-fsync --log-level error --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" --listen-peer-urls http://127.0.0.1:12380
	start kube-apiserver "$BIN/kubernetes" kube-apiserver --etcd-servers "http://127.0.0.1:$ETCD_PORT" --bind-address "$IP" --advertise-address "$IP" --secure-port "$API_PORT" \
		--service-cluster-ip-range "$SERVICE_CIDR" --authorization-mode Node,RBAC --client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
		--service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/service-account.key" --service-account-signing-key-file "$PKI/service-account.key" \
		--kubelet-client-certificate "$PKI/kubelet-client.crt" --kubelet-client-key "$PKI/kubelet-client.key" --kubelet-preferred-address-types InternalIP --allow-privileged
	until_true 60 containerd ctr version || die "containerd does not answer, see $LOG/containerd.log"
	pause_image
	until_true 90 kube-apiserver "$KUBECTL" get --raw /readyz || die "kube-apiserver does not get ready, see $LOG/kube-apiserver.log"
	start kube-controller-manager "$BIN/kubernetes" kube-controller-manager --kubeconfig "$KUBECONFIG" --leader-elect=false --use-service-account-credentials --root-ca-file "$PKI/ca.crt" --service-account-private-key-file "$PKI/service-account.key" --bind-address 127.0.0.1
	start kube-scheduler "$BIN/kubernetes" kube-scheduler --kubeconfig "$KUBECONFIG" --leader-elect=false --bind-address 127.0.0.1
	start kubelet "$BIN/kubernetes" kubelet --config "$DEMO/kubelet.yaml" --kubeconfig "$KUBECONFIG" --root-dir "$DEMO/kubelet" --hostname-override "$NODE" --node-ip "$IP"
	start kube-proxy "$BIN/kubernetes" kube-proxy --kubeconfig "$KUBECONFIG" --proxy-mode nftables --cluster-cidr "$POD_CIDR" --hostname-override "$NODE" --conntrack-max-per-core 0 --healthz-bind-address 127.0.0.1:11256 --metrics-bind-address 127.0.0.1:11249
	start coredns "$BIN/coredns" -conf "$DEMO/Corefile" -quiet
	until_true 90 kubelet sh -c "'$KUBECTL' wait --for=condition=Ready node/$NODE --timeout=1s" || die "the node does not get ready, see $LOG/kubelet.log"
	until_true 60 coredns curl -fsS http://127.0.0.1:11081/ready || die "CoreDNS does not get ready, see $LOG/coredns.log"
	volumes
	ln -sfn "$IP" "$DEMO/up"
	say "the node is ready: export KUBECONFIG=$DEMO/kubeconfig"
}

# volumes offers a pool of local volumes under the default StorageClass; kubelet gives them the pod's fsGroup.
volumes() {
	"$KUBECTL" get storageclass local >/dev/null 2>&1 && return 0
	{
		cat <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
YAML
		local i
		for i in $(seq $VOLUMES); do
			mkdir -p "$DEMO/volumes/$i"
			cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local-$i}
spec:
  capacity: {storage: 50Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: local
  local: {path: "$DEMO/volumes/$i"}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$NODE]}]}]}}
YAML
		done
	} | "$KUBECTL" apply -f - >/dev/null
}

down() {
	local component pid path
	export KUBECONFIG=$DEMO/kubeconfig
	for component in port-forward coredns kubelet kube-scheduler kube-controller-manager; do halt "$component"; done
	local namespaces=()
	if alive containerd; then
		for component in $(ctr containers ls -q 2>/dev/null); do
			namespaces+=($(ctr containers info "$component" 2>/dev/null | jq -r '.Spec.linux.namespaces[]? | select(.type == "network") | .path // empty'))
		done
		for pid in $(ctr tasks ls 2>/dev/null | awk 'NR>1 {print $2}'); do kill -9 "$pid" 2>/dev/null || true; done
		for component in $(ctr containers ls -q 2>/dev/null); do ctr tasks delete -f "$component" >/dev/null 2>&1 || true; ctr containers delete "$component" >/dev/null 2>&1 || true; done
	fi
	for component in kube-apiserver etcd containerd kube-proxy; do halt "$component"; done
	# Shims outlive containerd by design; they carry its socket's address.
	for pid in $(pgrep -f -- "-address $CONTAINERD_SOCKET" || true); do kill -9 "$pid" 2>/dev/null || true; done
	[ -x "$BIN/kubernetes" ] && "$BIN/kubernetes" kube-proxy --cleanup >"$LOG/kube-proxy-cleanup.log" 2>&1 || true
	for path in $(awk -v demo="$DEMO/" 'index($2, demo) == 1 {print $2}' /proc/mounts | sort -r); do umount -l "$path" 2>/dev/null || true; done
	sweep
	# Only the network namespaces of our own pods; their virtual links go with them.
	for path in "${namespaces[@]}"; do
		[[ $path == */netns/cni-* && -e $path ]] || continue
		umount -l "$path" 2>/dev/null || true
		rm -f "$path"
	done
	for path in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/kubepods; do
		[ -d "$path" ] && find "$path" -depth -type d -exec rmdir {} \; 2>/dev/null || true
	done
	ip route delete unreachable "$POD_CIDR" 2>/dev/null || true
	[ -s "$RUN/ip_forward" ] && cat "$RUN/ip_forward" >/proc/sys/net/ipv4/ip_forward
	rm -rf "$DEMO"/{etcd,containerd,kubelet,volumes,cni,cni-state,pki,run,up,kubeconfig,containerd.toml,kubelet.yaml,Corefile,resolv.conf,log}
	echo "the local cluster is gone; built binaries and images stay in $DEMO for the next time"
}

status() {
	local component
	for component in containerd etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy coredns; do
		if alive "$component"; then echo "$component runs (pid $(cat "$RUN/$component.pid"))"; else echo "$component is stopped"; fi
	done
}

case ${1:-} in
up | down | build | status) "$1" ;;
*) die "usage: hack/cluster.sh up|down|build|status" ;;
esac
