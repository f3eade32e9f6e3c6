#!/usr/bin/env bash
# The main job, end to end: a cluster, the operator, an environment, and an app that uploads with an official SDK
# and fetches a transformed picture. Leaves everything running; `make demo-down` takes it away.
#
#   CLUSTER=current   use the cluster of your kubeconfig; images go through $IMAGE_REGISTRY, or are loaded by you before
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PHOTOS=${DARKROOM_PHOTOS:-$ROOT/.cache/photos}
# The guide's picture, https://cloudinary.com/documentation/programmable_media_overview, on our own icon.
TRANSFORMATION=c_thumb,g_face,h_200,w_200/r_20,bo_5px_solid_black/l_demo_icon,o_50,w_0.25,fl_relative,g_north_east,y_10,x_10

cd "$ROOT"
packages bc curl jq
if [ "${CLUSTER:-}" = current ]; then
	mkdir -p "$BIN" "$RUN" "$LOG"
	command -v kubectl >/dev/null || die "CLUSTER=current needs kubectl on the PATH"
	[ "$(command -v kubectl)" -ef "$KUBECTL" ] || ln -sf "$(command -v kubectl)" "$KUBECTL"
	quietly cluster-info "$KUBECTL" cluster-info
	"$KUBECTL" config view --raw --minify --flatten >"$DEMO/kubeconfig"
	say "using the current cluster: $("$KUBECTL" config current-context)"
else
	hack/cluster.sh up
fi
export KUBECONFIG=$DEMO/kubeconfig

hack/images.sh build
if [ "${CLUSTER:-}" != current ]; then
	hack/images.sh load
elif [ -n "${IMAGE_REGISTRY:-}" ]; then
	hack/images.sh push
fi
hack/deploy.sh

quietly samples "$KUBECTL" apply -k config/samples
say "applied config/samples: namespace shop with a ProductEnvironment, an UploadPreset and an AccessKey"
if ! "$KUBECTL" --namespace shop wait --for=condition=Ready productenvironment/shop --timeout=180s >"$LOG/ready.log" 2>&1; then
	"$KUBECTL" --namespace shop get productenvironment/shop -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}' >&2
	die "productenvironment/shop does not get Ready"
fi
say "productenvironment/shop is Ready"

# The app: a Job that knows nothing but the credentials Secret.
"$KUBECTL" --namespace shop delete job demo-app --ignore-not-found --wait >/dev/null
"$KUBECTL" --namespace shop create configmap demo-photos --from-file=portrait.png="$PHOTOS/astronaut.png" --dry-run=client -o json | "$KUBECTL" apply --server-side --force-conflicts -f - >/dev/null
app=${IMAGE_REGISTRY:+$IMAGE_REGISTRY/}$(cat "$DEMO/images/tags/demo-app")
sed "s#image: demo-app#image: $app#" hack/demo/job.yaml | "$KUBECTL" --namespace shop apply -f - >/dev/null
if ! "$KUBECTL" --namespace shop wait --for=condition=Complete job/demo-app --timeout=120s >"$LOG/app.log" 2>&1; then
	"$KUBECTL" --namespace shop logs job/demo-app >&2 || true
	die "the app in the cluster failed"
fi
"$KUBECTL" --namespace shop logs job/demo-app | while read -r line; do say "app: $line"; done

# From the host: the Service's address on the local node, a port-forward elsewhere.
secret() { "$KUBECTL" --namespace shop get secret shop-credentials -o json | jq -r --arg key "$1" '.data[$key] | @base64d'; }
if [ "${CLUSTER:-}" = current ]; then
	[ -f "$RUN/port-forward.pid" ] && kill "$(cat "$RUN/port-forward.pid")" 2>/dev/null || true
	DARKROOM_CLUSTER=$DEMO "$KUBECTL" --namespace shop port-forward service/shop-media 18080:80 >"$LOG/port-forward.log" 2>&1 &
	echo $! >"$RUN/port-forward.pid"
	host=127.0.0.1:18080
else
	host=$("$KUBECTL" --namespace shop get service shop-media -o jsonpath='{.spec.clusterIP}')
fi
cloud=$(secret cloud_name)
url=http://$host/$cloud/image/upload/$TRANSFORMATION/front_face.png
until_true 20 service curl -fsS -o /dev/null "$url" || die "the picture cannot be fetched from the host: $url"
curl -fsS -o "$DEMO/front_face.png" "$url"
cat >"$DEMO/env" <<ENV
export KUBECONFIG='$DEMO/kubeconfig'
export CLOUDINARY_URL='cloudinary://$(secret api_key):$(secret api_secret)@$cloud?upload_prefix=http%3A%2F%2F$host&secure=false&cname=$host'
export DARKROOM_UPLOAD_PREFIX='http://$host'
export DARKROOM_DELIVERY_URL='http://$host/$cloud'
ENV
chmod 600 "$DEMO/env"
say "picture saved: $DEMO/front_face.png"
say "delivery URL: $url"
say "for your shell: . $DEMO/env"
