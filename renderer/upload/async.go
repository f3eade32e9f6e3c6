package upload

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// UploadJobKind is the kind of the jobs that finish uploads nobody waits for.
const UploadJobKind = "upload"

// uploadJob is the payload of a job: an upload that was received and allowed, but for the look at its bytes.
type uploadJob struct {
	BatchID string `json:"batchID"`
	// Params are those of the request with its preset's, as they were received, but for the name, which is settled.
	Params   wire.Params `json:"params"`
	PathType string      `json:"pathType"`
	// Key, Bytes, MD5 and Filename are of the object that was stored; URL is of one that is still to be fetched.
	Key      string `json:"key,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
	MD5      string `json:"md5,omitempty"`
	Filename string `json:"filename,omitempty"`
	URL      string `json:"url,omitempty"`
	// Slideshow is what one that is still to be made is made of.
	Slideshow *slideshowJob `json:"slideshow,omitempty"`
	// APIKey is that of the caller; empty for an unsigned upload.
	APIKey string `json:"apiKey,omitempty"`
	// Preset is the name of the unsigned preset of an unsigned upload.
	Preset    string `json:"preset,omitempty"`
	RequestID string `json:"requestID,omitempty"`
}

// later leaves the rest of an upload to a job, and answers at once. The name is settled before.
func (i *intake) later(ctx context.Context, remoteURL string) (wire.Object, error) {
	filename := urlFilename(remoteURL)
	if i.object != nil {
		filename = i.object.filename
	}
	if i.wanted.filenameOverride != "" {
		filename = i.wanted.filenameOverride
	}
	name, extension := splitFilename(filename)
	resourceType := i.wanted.resourceType
	publicID, err := chooseID(i.wanted, resourceType, name, strings.ToLower(extension))
	if err != nil {
		return nil, err
	}
	params := wire.Params(maps.Clone(url.Values(i.params)))
	for _, settled := range []string{"public_id", "public_id_prefix", "folder", "use_asset_folder_as_public_id_prefix", "asset_folder", "async"} {
		clearParam(params, settled)
	}
	params["public_id"] = []string{publicID}
	if i.wanted.assetFolder != "" {
		params["asset_folder"] = []string{i.wanted.assetFolder}
	}
	id := library.NewJobID()
	job := uploadJob{BatchID: batchOf(params, id), Params: params, PathType: i.pathType, URL: remoteURL, Slideshow: i.slideshow, APIKey: i.apiKey(), RequestID: i.requestID}
	if i.caller.key == nil && i.caller.preset != nil {
		job.Preset = i.caller.preset.Name
	}
	if i.object != nil {
		job.Key, job.Bytes, job.MD5, job.Filename = i.object.key, i.object.bytes, i.object.md5, i.object.filename
	}
	enqueued, err := newJob(id, UploadJobKind, job)
	if err != nil {
		return nil, err
	}
	if i.slideshow != nil {
		enqueued[0].Lane = actionSlideshow // They take minutes each, and one waits for another.
	}
	if err := i.handler.library.EnqueueJobs(context.WithoutCancel(ctx), enqueued); err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	i.object = nil // It is the job's now.
	return wire.Object{
		"status": "pending", "resource_type": resourceType, "type": i.wanted.deliveryType, "public_id": publicID, "batch_id": job.BatchID,
	}, nil
}

// UploadKind runs the jobs of async.
func (h *Handler) UploadKind() jobs.Kind { return kindOfJobs(h.runUpload) }

// runUpload finishes an upload. One that is refused is told of to those who wait for it, and its bytes go.
func (h *Handler) runUpload(ctx context.Context, job *library.Job) error {
	var wanted uploadJob
	snapshot, err := h.openJob(job, &wanted)
	if err != nil {
		return err
	}
	who := anybody(snapshot)
	if wanted.APIKey != "" {
		key, known := snapshot.Keys[wanted.APIKey]
		if !known {
			return h.refuseLater(ctx, job, &wanted, snapshot, nil, problem.Unauthorized("Invalid api_key %s", wanted.APIKey))
		}
		who = signer(&key, wanted.Params)
	} else if wanted.Preset != "" {
		who.system = library.Uploader{Kind: library.UploaderPreset, Name: wanted.Preset}
	}
	taken := &intake{
		handler: h, snapshot: snapshot, requestID: wanted.RequestID, caller: who, params: wanted.Params, pathType: wanted.PathType,
		links: wire.Links{Environment: snapshot.Environment, Secret: who.secret}, batchID: wanted.BatchID, slideshow: wanted.Slideshow,
	}
	if wanted.Key != "" {
		taken.object = &object{key: wanted.Key, bytes: wanted.Bytes, md5: wanted.MD5, filename: wanted.Filename}
	}
	if err = h.finishLater(ctx, taken, &wanted, "upload:"+job.ID); err == nil {
		return nil
	}
	if passes(err, job) {
		if wanted.Key == "" { // The next attempt fetches it again.
			h.discard(ctx, taken.object)
		}
		return err
	}
	return h.refuseLater(ctx, job, &wanted, snapshot, taken, err)
}

// finishLater finishes an upload. once is a mark under which that happens a single time.
func (h *Handler) finishLater(ctx context.Context, taken *intake, wanted *uploadJob, once string) error {
	if err := taken.readSettings(); err != nil {
		return err
	}
	// A job that runs again stores nothing again.
	taken.wanted.once = once
	if wanted.URL != "" {
		var err error
		environment := &taken.snapshot.Environment
		if taken.object, err = h.storeRemote(ctx, environment, wanted.URL, maxBytes(environment, taken.wanted.resourceType)); err != nil {
			return err
		}
	}
	if wanted.Slideshow != nil {
		if made, err := h.library.Marked(ctx, taken.wanted.once); err != nil {
			return wire.Unavailable("The database", err)
		} else if made {
			return nil // By an earlier run, which took minutes.
		}
		taken.wanted.discardFilename = true
		var err error
		if taken.object, err = taken.makeSlideshow(ctx); err != nil {
			return err
		}
	}
	stored, err := taken.finish(ctx)
	if err != nil {
		return err
	}
	if stored.Asset == nil {
		return nil // An earlier run has stored it: the object is the asset's.
	}
	taken.answer(ctx, stored)
	h.discard(ctx, taken.object) // What an asset that stays as it is has no use for.
	return nil
}

// refuseLater tells those who wait for an upload why there is none.
func (h *Handler) refuseLater(ctx context.Context, job *library.Job, wanted *uploadJob, snapshot *catalog.Snapshot, taken *intake, refusal error) error {
	if problem.From(refusal).Status >= http.StatusInternalServerError {
		h.logger.WarnContext(ctx, "an upload has failed for good", "batchID", wanted.BatchID, "error", refusal)
	}
	event := notify.Event{
		Type: notify.Upload, At: h.now(), RequestID: wanted.RequestID, APIKey: wanted.APIKey, BatchID: wanted.BatchID,
		Fields: wire.Object{"public_id": wanted.Params.String("public_id")},
	}
	if err := h.tellRefusal(ctx, event, wanted.Params, snapshot, refusal); err != nil {
		return err
	}
	// An object that an earlier run may have given to an asset is left to the end of its reservation.
	switch {
	case taken != nil:
		h.discard(ctx, taken.object)
	case wanted.Key != "" && job.Attempts <= 1:
		h.discard(ctx, &object{key: wanted.Key})
	}
	return nil
}

// sendOn sends the browser of a form to its callback. It gives the answer back for callers that read it themselves, else nil.
func sendOn(w http.ResponseWriter, r *http.Request, callback string, answer wire.Object) (wire.Object, error) {
	target, err := redirectTo(r, callback, answer)
	if target == "" || err != nil {
		return answer, err
	}
	http.Redirect(w, r, target, http.StatusFound)
	return nil, nil
}

// redirectTo is where a form that names a callback sends its browser, with the signed answer in the query; empty for callers
// that read the answer themselves.
func redirectTo(r *http.Request, callback string, answer wire.Object) (string, error) {
	if callback == "" || r.Header.Get("X-Requested-With") == "XMLHttpRequest" {
		return "", nil
	}
	target, err := url.Parse(callback)
	if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return "", problem.BadRequest("Invalid callback: it must be an http or https URL")
	}
	query := target.Query()
	for name, value := range answer {
		switch value := value.(type) {
		case string:
			query.Set(name, value)
		case bool, int, int64, float64:
			query.Set(name, fmt.Sprint(value))
		}
	}
	target.RawQuery = query.Encode()
	return target.String(), nil
}
