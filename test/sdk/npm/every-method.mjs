// Calls every method of the official npm SDK that speaks to the Upload, Admin, Search and Analysis APIs, and checks the shape of
// each answer. The methods are read from the SDK itself: one without a case, or a case without its method, fails the run.
//
//   CLOUDINARY_URL=… node every-method.mjs PICTURE.png
//
// The environment must be empty, and in dynamic folder mode. Prints a line for every method, and fails when one fails.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { v2 as cloudinary } from "cloudinary";
import { hex, is, like, list, methods, run } from "./shapes.mjs";

const { api, uploader, search, search_folders: searchFolders, analysis } = cloudinary;
const [picture] = process.argv.slice(2);
const scratch = await mkdtemp(path.join(tmpdir(), "every-method-"));

const ids = (...want) => (value, where) => assert.deepEqual(value.map((resource) => resource.public_id).sort(), want, where);

const asset = {
  asset_id: hex, public_id: "string", version: "integer", resource_type: "string", type: "string", created_at: "time", bytes: "integer",
  url: "string", secure_url: "string",
};
const image = { ...asset, format: "string", width: "integer", height: "integer" };
const uploaded = { ...image, version_id: hex, signature: "string", tags: Array.isArray, etag: "string", placeholder: is(false) };
const limits = { rate_limit_allowed: "integer", rate_limit_remaining: "integer", rate_limit_reset_at: (v, where) => assert.ok(v instanceof Date, where) };
const rejected = (call, status, text) =>
  assert.rejects(call, (failure) => {
    const error = failure.error ?? failure;
    assert.equal(error.http_code, status, JSON.stringify(failure));
    assert.match(error.message, text);
    return true;
  });

const put = (publicId, options = {}) => uploader.upload(picture, { public_id: publicId, ...options });
const made = (transformation) => ({ eager: [transformation] });

// stream uploads a file by one of the methods that give a stream.
const stream = (begin, file) =>
  new Promise((resolve, reject) => {
    const done = (first, second) => {
      const result = second ?? first;
      return result?.error ? reject(result.error) : resolve(result);
    };
    createReadStream(file).pipe(begin(done));
  });

const uploads = {
  upload: async () => {
    const answer = like(await put("first", { tags: "a,b", context: { alt: "x=y" }, faces: true }), { ...uploaded, public_id: is("first"), tags: is(["a", "b"]) });
    assert.ok(cloudinary.utils.verify_api_response_signature("first", answer.version, answer.signature));
  },
  unsigned_upload: async () => {
    await api.create_upload_preset({ name: "open", unsigned: true, tags: "preset" });
    like(await uploader.unsigned_upload(picture, "open"), { ...uploaded, tags: is(["preset"]) });
  },
  upload_stream: async () => like(await stream((done) => uploader.upload_stream({ public_id: "streamed" }, done), picture), { ...uploaded, public_id: is("streamed") }),
  unsigned_upload_stream: async () => like(await stream((done) => uploader.unsigned_upload_stream("open", {}, done), picture), uploaded),
  upload_large: async () => {
    const big = path.join(scratch, "big.bin");
    await writeFile(big, Buffer.alloc(12 << 20, 7));
    const answer = await new Promise((resolve, reject) => {
      uploader.upload_large(big, { public_id: "big.bin", chunk_size: 5 << 20 }, (error, result) => (error ? reject(error) : resolve(result)));
    });
    like(answer, { ...asset, resource_type: is("raw"), bytes: is(12 << 20) });
  },
  upload_chunked: async () => {
    const answer = await new Promise((resolve, reject) => {
      uploader.upload_chunked(picture, { public_id: "chunked", chunk_size: 5 << 20 }, (error, result) => (error ? reject(error) : resolve(result)));
    });
    like(answer, { ...uploaded, public_id: is("chunked") });
  },
  upload_chunked_stream: async () => like(await stream((done) => uploader.upload_chunked_stream({ public_id: "chunked-stream" }, done), picture), { ...uploaded, public_id: is("chunked-stream") }),
  explicit: async () => {
    await put("explicit");
    like(await uploader.explicit("explicit", { type: "upload", tags: "c", eager: [{ width: 8, crop: "scale" }] }), {
      ...uploaded, tags: is(["c"]), eager: list({ transformation: is("c_scale,w_8"), width: is(8), url: "string", secure_url: "string", format: "string", bytes: "integer" }),
    });
  },
  multi: async () => {
    for (const id of ["frame-a", "frame-b"]) await put(id, { tags: "film" });
    like(await uploader.multi("film", { transformation: { width: 8, crop: "scale" } }), {
      url: (value, where) => assert.match(value, /\/image\/multi\/c_scale,w_8\/v\d+\/film\.gif$/, where), secure_url: "string", asset_id: hex, public_id: is("film"), version: "integer",
    });
  },
  generate_sprite: async () => {
    const cell = { width: "integer", height: "integer", x: "integer", y: "integer" };
    like(await uploader.generate_sprite("film", { transformation: { width: 8, crop: "scale" } }), {
      css_url: (value, where) => assert.match(value, /\/image\/sprite\/c_scale,w_8\/v\d+\/film\.css$/, where), image_url: "string", json_url: "string", secure_css_url: "string",
      secure_image_url: "string", secure_json_url: "string", public_id: is("film"), version: "integer", image_infos: { "frame-a": { ...cell, width: is(8) }, "frame-b": cell },
    });
  },
  explode: async () => {
    like(await uploader.explode("film", { page: "all", type: "multi" }), { status: is("processing"), batch_id: hex });
    for (const id of ["frame-a", "frame-b"]) await uploader.destroy(id);
    await uploader.destroy("film", { type: "multi" });
    for (const { public_id } of (await api.resources({ resource_type: "image", type: "sprite" })).resources) await uploader.destroy(public_id, { type: "sprite" });
  },
  destroy: async () => {
    await put("gone");
    like(await uploader.destroy("gone"), { result: is("ok") });
    like(await uploader.destroy("gone"), { result: is("not found") });
  },
  rename: async () => {
    await put("old-name");
    like(await uploader.rename("old-name", "new-name"), { ...asset, public_id: is("new-name") });
    await put("taken");
    await rejected(uploader.rename("new-name", "taken"), 400, /already exists/);
  },
  text: async () => like(await uploader.text("hello", { public_id: "words", font_family: "Arial", font_size: 18 }), { ...asset, public_id: is("words"), type: is("text"), width: "integer", height: "integer" }),
  add_tag: async () => {
    await put("tagged");
    like(await uploader.add_tag("t1", ["tagged", "nobody"]), { public_ids: is(["tagged"]) });
  },
  replace_tag: async () => like(await uploader.replace_tag("t2", ["tagged"]), { public_ids: is(["tagged"]) }),
  remove_tag: async () => like(await uploader.remove_tag("t2", ["tagged"]), { public_ids: is(["tagged"]) }),
  remove_all_tags: async () => like(await uploader.remove_all_tags(["tagged"]), { public_ids: is(["tagged"]) }),
  add_context: async () => like(await uploader.add_context({ k: "v|w" }, ["tagged"]), { public_ids: is(["tagged"]) }),
  remove_all_context: async () => like(await uploader.remove_all_context(["tagged"]), { public_ids: is(["tagged"]) }),
  update_metadata: async () => {
    await api.add_metadata_field({ external_id: "note", type: "string", label: "Note" });
    like(await uploader.update_metadata({ note: "a=b" }, ["tagged"]), { public_ids: is(["tagged"]) });
    like(await api.resource("tagged"), { metadata: is({ note: "a=b" }) });
    like(await put("described", { metadata: { note: "c" }, clear_invalid: true }), { ...uploaded, metadata: is({ note: "c" }) });
  },
  create_archive: async () => like(await uploader.create_archive({ public_ids: ["tagged"], target_format: "tgz", target_public_id: "packed.tgz" }), archive),
  create_zip: async () => like(await uploader.create_zip({ public_ids: ["tagged"], target_public_id: "packed.zip" }), archive),
};
const archive = { ...asset, resource_type: is("raw"), file_count: is(1), resource_count: is(1), tags: Array.isArray };

const list_ = { resources: list(asset), ...limits };
const admin = {
  ping: async () => like(await api.ping(), { status: is("ok"), ...limits }),
  config: async () => like(await api.config({ settings: true }), { cloud_name: "string", settings: { folder_mode: is("dynamic") } }),
  usage: async () => {
    const answer = like(await api.usage(), { plan: "string", last_updated: "time", objects: { usage: "integer" }, storage: { usage: "integer" }, transformations: { usage: "integer" }, media_limits: { image_max_size_bytes: "integer" }, resources: "integer", derived_resources: "integer" });
    assert.ok(answer.objects.usage > 0);
    await api.usage({ date: new Date().toISOString().slice(0, 10).split("-").reverse().join("-") });
    await rejected(api.usage({ date: "never" }), 400, /dd-mm-yyyy/);
  },
  resource_types: async () => like(await api.resource_types(), { resource_types: is(["image", "raw", "video"]) }),
  resources: async () => {
    const first = like(await api.resources({ max_results: 1 }), { ...list_, next_cursor: "string" });
    const second = like(await api.resources({ max_results: 1, next_cursor: first.next_cursor }), list_);
    assert.notEqual(first.resources[0].public_id, second.resources[0].public_id);
    await rejected(api.resources({ max_results: 1, next_cursor: first.next_cursor, direction: "asc" }), 400, /belongs to another query/);
    like(await api.resources({ type: "upload", prefix: "new-", tags: true, context: true, metadata: true, moderations: true }), { resources: ids("new-name") });
    like((await api.resources({ type: "upload", prefix: "new-", fields: ["tags", "secure_url"] })).resources[0], { public_id: "string", secure_url: "string", url: is(undefined), tags: Array.isArray });
  },
  resources_by_tag: async () => {
    await put("by-tag", { tags: "wanted" });
    like(await api.resources_by_tag("wanted", { tags: true }), { resources: ids("by-tag") });
  },
  resources_by_context: async () => {
    await put("by-context", { context: { season: "spring" } });
    like(await api.resources_by_context("season"), { resources: ids("by-context") });
    like(await api.resources_by_context("season", "autumn"), { resources: is([]) });
  },
  resources_by_moderation: async () => {
    await put("moderated", { moderation: "manual" });
    like(await api.resources_by_moderation("manual", "pending"), { resources: ids("moderated") });
  },
  resource: async () => {
    await put("shown", { eager: [{ width: 9, crop: "scale" }], colors: false });
    like(await api.resource("shown", { coordinates: true, faces: true, pages: true, versions: true, related: true, max_results: 5 }), {
      ...image, etag: "string", last_updated: { updated_at: "time" }, derived: list({ id: hex, transformation: is("c_scale,w_9"), format: "string", bytes: "integer", url: "string", secure_url: "string" }),
      versions: list({ version_id: hex }), related_assets: is([]),
    });
    await rejected(api.resource("nothing"), 404, /Resource not found - nothing/);
  },
  resource_by_asset_id: async () => {
    const { asset_id } = await put("by-id");
    like(await api.resource_by_asset_id(asset_id), { ...image, public_id: is("by-id") });
  },
  resources_by_asset_ids: async () => {
    const { asset_id } = await api.resource("by-id");
    like(await api.resources_by_asset_ids([asset_id]), { resources: ids("by-id") });
  },
  resources_by_ids: async () => like(await api.resources_by_ids(["by-id", "by-tag", "nothing"]), { resources: ids("by-id", "by-tag") }),
  resources_by_asset_folder: async () => {
    await put("in-folder", { asset_folder: "season/spring" });
    like(await api.resources_by_asset_folder("season/spring"), { resources: ids("in-folder") });
    like(await api.resources_by_asset_folder("season"), { resources: is([]) });
  },
  update: async () => {
    like(await api.update("by-id", { tags: "new", display_name: "By its ID", moderation_status: "approved" }), { ...image, tags: is(["new"]), display_name: is("By its ID"), moderation: list({ status: is("approved") }) });
    await rejected(api.update("by-id", { ocr: "adv_ocr" }), 400, /Illegal value/);
  },
  restore: async () => like(await api.restore(["by-id"]), { "by-id": "object" }),
  restore_by_asset_ids: async () => {
    const { asset_id } = await api.resource("by-id");
    like(await api.restore_by_asset_ids(asset_id), { [asset_id]: "object" });
  },
  delete_backed_up_assets: async () => {
    const { asset_id } = await api.resource("by-id");
    like(await api.delete_backed_up_assets(asset_id, "0".repeat(32)), { asset_id: is(asset_id), deleted_version_ids: is([]), failures: list({ version_id: "string", error: "string" }) });
  },
  delete_resources: async () => {
    await put("delete-1", made({ width: 7, crop: "scale" }));
    like(await api.delete_resources(["delete-1", "nothing"]), {
      deleted: is({ "delete-1": "deleted", nothing: "not_found" }), deleted_counts: is({ "delete-1": { original: 1, derived: 1 }, nothing: { original: 0, derived: 0 } }), partial: is(false),
    });
  },
  delete_resources_by_asset_ids: async () => {
    const { asset_id } = await put("delete-2");
    like(await api.delete_resources_by_asset_ids([asset_id]), { deleted: is({ [asset_id]: "deleted" }), partial: is(false) });
  },
  delete_resources_by_prefix: async () => {
    await put("prefix/delete");
    like(await api.delete_resources_by_prefix("prefix/"), { deleted: is({ "prefix/delete": "deleted" }) });
  },
  delete_resources_by_tag: async () => {
    await put("delete-4", { tags: "rubbish" });
    like(await api.delete_resources_by_tag("rubbish"), { deleted: is({ "delete-4": "deleted" }) });
  },
  delete_all_resources: async () => {
    await put("private-1", { type: "private" });
    like(await api.delete_all_resources({ type: "private" }), { deleted: is({ "private-1": "deleted" }), partial: is(false) });
  },
  delete_derived_resources: async () => {
    await put("derived-1", made({ width: 6, crop: "scale" }));
    const { derived } = await api.resource("derived-1");
    like(await api.delete_derived_resources([derived[0].id, "nothing"]), { deleted: is({ [derived[0].id]: "deleted", nothing: "not_found" }) });
  },
  delete_derived_by_transformation: async () => {
    await put("derived-2", { eager: [{ width: 5, crop: "scale" }, { width: 4, crop: "scale" }] });
    like(await api.delete_derived_by_transformation(["derived-2"], [{ width: 5, crop: "scale" }]), { deleted_counts: is({ "derived-2": { original: 0, derived: 1 } }) });
    like(await api.resource("derived-2"), { derived: (value, where) => assert.equal(value.length, 1, where) });
  },
  tags: async () => like(await api.tags({ prefix: "want" }), { tags: is(["wanted"]) }),
  create_transformation: async () => {
    like(await api.create_transformation("small", { width: 10, crop: "fit" }), { message: is("created") });
    await rejected(api.create_transformation("small", { width: 10, crop: "fit" }), 409, /already exists/);
  },
  transformations: async () => {
    const item = { name: "string", allowed_for_strict: "boolean", used: "boolean", named: "boolean" };
    like(await api.transformations({ named: true }), { transformations: (value, where) => { list(item)(value, where); assert.deepEqual(value.map((t) => t.name), ["t_small"]); } });
    like(await api.transformations({ max_results: 500 }), { transformations: (value, where) => assert.ok(value.some((t) => t.name === "c_scale,w_9" && !t.named && t.used), where) });
  },
  transformation: async () => {
    like(await api.transformation("small"), { name: is("t_small"), named: is(true), info: is([{ crop: "fit", width: 10 }]), derived: is([]) });
    like(await api.transformation({ width: 9, crop: "scale" }), { named: is(false), used: is(true), derived: list({ public_id: is("shown"), id: hex, url: "string" }) });
    await rejected(api.transformation("nothing"), 404, /Can't find transformation/);
  },
  update_transformation: async () => {
    like(await api.update_transformation("small", { allowed_for_strict: false, unsafe_update: { width: 11, crop: "fit" } }), { message: is("updated") });
    like(await api.transformation("small"), { allowed_for_strict: is(false), info: is([{ crop: "fit", width: 11 }]) });
    like(await api.update_transformation({ width: 9, crop: "scale" }, { allowed_for_strict: true }), { message: is("updated") });
  },
  delete_transformation: async () => {
    like(await api.delete_transformation("small"), { message: is("deleted") });
    like(await api.delete_transformation({ width: 9, crop: "scale" }), { message: is("deleted") });
    await rejected(api.transformation({ width: 9, crop: "scale" }), 404, /Can't find transformation/);
  },
  create_upload_preset: async () => like(await api.create_upload_preset({ name: "web", unsigned: false, tags: ["x", "y"], live: true, eager: [{ width: 3, crop: "scale" }] }), { message: is("created"), name: is("web"), external_id: "string" }),
  upload_presets: async () => like(await api.upload_presets(), { presets: list({ name: "string", unsigned: "boolean", settings: "object" }) }),
  upload_preset: async () => like(await api.upload_preset("web"), { name: is("web"), unsigned: is(false), settings: is({ tags: ["x", "y"], live: true, eager: [{ width: 3, crop: "scale" }] }) }),
  update_upload_preset: async () => {
    like(await api.update_upload_preset("web", { colors: false, live: false }), { message: is("updated") });
    like(await api.upload_preset("web"), { settings: { live: is(false), tags: is(["x", "y"]) } });
  },
  delete_upload_preset: async () => {
    like(await api.delete_upload_preset("web"), { message: is("deleted") });
    await rejected(api.upload_preset("web"), 404, /Can't find upload preset/);
  },
  create_folder: async () => like(await api.create_folder("shelf/one"), { success: is(true), path: is("shelf/one"), name: is("one"), external_id: "string" }),
  root_folders: async () => like(await api.root_folders(), { folders: list({ name: "string", path: "string", external_id: "string" }), total_count: "integer" }),
  sub_folders: async () => {
    like(await api.sub_folders("shelf"), { folders: list({ name: is("one"), path: is("shelf/one") }), total_count: is(1) });
    await rejected(api.sub_folders("nowhere"), 404, /Can't find folder with path nowhere/);
  },
  rename_folder: async () => like(await api.rename_folder("shelf/one", "shelf/two"), { from: is({ name: "one", path: "shelf/one" }), to: is({ name: "two", path: "shelf/two" }) }),
  delete_folder: async () => {
    like(await api.delete_folder("shelf/two"), { deleted: is(["shelf/two"]) });
    await rejected(api.delete_folder("season"), 400, /not empty/);
  },
  search_folders: async () => like(await api.search_folders({ expression: "path=season/*" }), { total_count: is(1), folders: list({ path: is("season/spring"), created_at: "time", external_id: "string" }) }),
  create_upload_mapping: async () => like(await api.create_upload_mapping("wiki", { template: "https://wiki.example.com/" }), { message: is("created"), folder: is("wiki"), external_id: "string" }),
  upload_mappings: async () => like(await api.upload_mappings(), { mappings: list({ folder: is("wiki"), template: "string" }) }),
  upload_mapping: async () => like(await api.upload_mapping("wiki"), { folder: is("wiki"), template: is("https://wiki.example.com/") }),
  update_upload_mapping: async () => like(await api.update_upload_mapping("wiki", { template: "https://pedia.example.com/" }), { message: is("updated") }),
  delete_upload_mapping: async () => {
    like(await api.delete_upload_mapping("wiki"), { message: is("deleted") });
    await rejected(api.upload_mapping("wiki"), 404, /not found/);
  },
  publish_by_ids: async () => {
    await put("publish-1", { type: "private" });
    like(await api.publish_by_ids(["publish-1"], { type: "private" }), { published: list({ ...image, public_id: is("publish-1"), type: is("upload") }), failed: is([]) });
  },
  publish_by_prefix: async () => {
    await put("publish-2", { type: "authenticated" });
    like(await api.publish_by_prefix("publish-2"), { published: ids("publish-2"), failed: is([]) });
  },
  publish_by_tag: async () => {
    await put("publish-3", { type: "private", tags: "ready" });
    like(await api.publish_by_tag("ready"), { published: ids("publish-3") });
    like(await api.publish_by_tag("nobody"), { published: is([]), failed: is([]) });
  },
  update_resources_access_mode_by_ids: async () => like(await api.update_resources_access_mode_by_ids("authenticated", ["by-id"]), { updated: list({ public_id: is("by-id"), access_mode: is("authenticated") }), failed: is([]) }),
  update_resources_access_mode_by_prefix: async () => like(await api.update_resources_access_mode_by_prefix("public", "by-i"), { updated: list({ public_id: is("by-id"), access_mode: is("public") }) }),
  update_resources_access_mode_by_tag: async () => like(await api.update_resources_access_mode_by_tag("authenticated", "wanted"), { updated: ids("by-tag") }),
  add_related_assets: async () => like(await api.add_related_assets("by-id", "image/upload/by-tag"), { success: list({ message: is("success"), code: is("success_ids"), asset: "string", status: is(200) }), failed: is([]) }),
  add_related_assets_by_asset_id: async () => {
    const [a, b] = await Promise.all(["by-id", "by-context"].map((id) => api.resource(id)));
    like(await api.add_related_assets_by_asset_id(a.asset_id, [b.asset_id, a.asset_id]), { success: list({ asset: is(b.asset_id) }), failed: list({ code: is("invalid_relate_to_self_id") }) });
    like(await api.resource("by-id", { related: true }), { related_assets: list({ asset_id: hex, public_id: "string", resource_type: "string", type: "string" }) });
  },
  delete_related_assets: async () => like(await api.delete_related_assets("by-id", ["image/upload/by-tag"]), { success: list({ code: is("success_ids") }), failed: is([]) }),
  delete_related_assets_by_asset_id: async () => {
    const [a, b] = await Promise.all(["by-id", "by-context"].map((id) => api.resource(id)));
    like(await api.delete_related_assets_by_asset_id(a.asset_id, b.asset_id), { success: list({ code: is("success_ids") }) });
    like(await api.delete_related_assets_by_asset_id(a.asset_id, b.asset_id), { failed: list({ code: is("relation_does_not_exist_ids") }) });
  },
  list_streaming_profiles: async () => like(await api.list_streaming_profiles(), { data: list({ name: "string", predefined: "boolean", external_id: "string" }) }),
  create_streaming_profile: async () => like(await api.create_streaming_profile("mine", { display_name: "Mine", representations: [{ transformation: { crop: "limit", width: 1200, height: 1200, bit_rate: "5m" } }] }), { message: is("created"), data: { name: is("mine"), predefined: is(false) } }),
  get_streaming_profile: async () => like(await api.get_streaming_profile("mine"), { data: { representations: is([{ transformation: [{ crop: "limit", width: 1200, height: 1200, bit_rate: "5m" }] }]) } }),
  update_streaming_profile: async () => like(await api.update_streaming_profile("mine", { representations: [{ transformation: { crop: "limit", width: 100 } }] }), { message: is("updated"), data: { representations: is([{ transformation: [{ crop: "limit", width: 100 }] }]) } }),
  delete_streaming_profile: async () => like(await api.delete_streaming_profile("mine"), { message: is("deleted") }),
  search: async () => like(await api.search({ expression: "public_id=by-id", with_field: ["tags"] }), { total_count: is(1), time: "integer", resources: list({ ...image, tags: is(["new"]), filename: "string", uploaded_at: "time", aspect_ratio: "number", pixels: "integer", status: is("active") }) }),
  visual_search: async () => {
    await rejected(api.visual_search({ text: "a cat" }), 403, /not enabled/);
    await rejected(api.visual_search({ image_file: picture }), 403, /not enabled/);
  },
  add_metadata_field: async () => {
    const values = [{ external_id: "r", value: "Red" }, { external_id: "g", value: "Green" }];
    like(await api.add_metadata_field({ external_id: "colour", type: "enum", label: "Colour", mandatory: false, datasource: { values }, restrictions: { readonly_ui: true } }), {
      ...field, external_id: is("colour"), type: is("enum"), datasource: { values: list({ external_id: "string", value: "string", state: is("active") }) }, restrictions: { readonly_ui: is(true) },
    });
    await rejected(api.add_metadata_field({ external_id: "colour", type: "string", label: "Other" }), 400, /external id colour already exists/);
  },
  list_metadata_fields: async () => like(await api.list_metadata_fields(), { metadata_fields: list(field) }),
  metadata_field_by_field_id: async () => {
    like(await api.metadata_field_by_field_id("colour"), { ...field, label: is("Colour") });
    await rejected(api.metadata_field_by_field_id("nothing"), 404, /nothing/);
  },
  update_metadata_field: async () => like(await api.update_metadata_field("colour", { label: "Color" }), { ...field, label: is("Color") }),
  update_metadata_field_datasource: async () => like(await api.update_metadata_field_datasource("colour", { values: [{ external_id: "b", value: "Blue" }] }), { values: is([{ external_id: "r", value: "Red" }, { external_id: "g", value: "Green" }, { external_id: "b", value: "Blue" }]) }),
  delete_datasource_entries: async () => like(await api.delete_datasource_entries("colour", ["g"]), { values: is([{ external_id: "r", value: "Red" }, { external_id: "b", value: "Blue" }]) }),
  restore_metadata_field_datasource: async () => like(await api.restore_metadata_field_datasource("colour", ["g"]), { values: (value, where) => assert.equal(value.length, 3, where) }),
  order_metadata_field_datasource: async () => like(await api.order_metadata_field_datasource("colour", "value", "asc"), { values: (value, where) => assert.deepEqual(value.map((v) => v.value), ["Blue", "Green", "Red"], where) }),
  reorder_metadata_fields: async () => like(await api.reorder_metadata_fields("label", "desc"), { metadata_fields: (value, where) => assert.deepEqual(value.map((f) => f.label), ["Note", "Color"], where) }),
  add_metadata_rule: async () => {
    const rule = like(await api.add_metadata_rule({ metadata_field_id: "colour", name: "blue notes", condition: { metadata_field_id: "note", equals: "blue" }, result: { apply_value: { value: "b", mode: "default" } } }), {
      external_id: "string", condition_signature: "string", name: is("blue notes"), state: is("active"), condition: is({ metadata_field_id: "note", equals: "blue" }),
    });
    await uploader.update_metadata({ note: "blue" }, ["by-id"]);
    like(await api.resource("by-id"), { metadata: is({ note: "blue", colour: "b" }) });
    await rejected(api.add_metadata_rule({ metadata_field_id: "colour", name: "r", condition: {}, result: { enable: true } }), 400, /condition/);
    return rule;
  },
  list_metadata_rules: async () => like(await api.list_metadata_rules(), { metadata_rules: list({ external_id: "string", metadata_field_id: is("colour") }) }),
  update_metadata_rule: async () => like(await api.update_metadata_rule((await theRule()).external_id, { state: "inactive" }), { state: is("inactive"), name: is("blue notes") }),
  delete_metadata_rule: async () => {
    const { external_id } = await theRule();
    like(await api.delete_metadata_rule(external_id), { message: is("ok"), success: is(true) });
    await rejected(api.delete_metadata_rule(external_id), 404, /not found/);
  },
  delete_metadata_field: async () => {
    like(await api.delete_metadata_field("colour"), { message: is("ok") });
    await rejected(api.add_metadata_field({ external_id: "colour", type: "string", label: "Again" }), 400, /external id colour already exists/);
  },
};
const field = { type: "string", external_id: "string", label: "string", mandatory: "boolean", default_value: (v, where) => assert.notEqual(v, undefined, where), validation: (v, where) => assert.notEqual(v, undefined, where) };
const theRule = async () => (await api.list_metadata_rules()).metadata_rules[0];

// The methods of Search build one query; to_url makes a signed URL of it.
const found = { total_count: "integer", time: "integer", resources: list(asset) };
const one = () => search.expression("tags=wanted");
const searches = {
  expression: async () => like(await one().execute(), { ...found, resources: ids("by-tag") }),
  execute: async () => {
    like(await search.execute(), found);
    await rejected(search.expression("tags:(a OR").execute(), 400, /at position \d+/);
  },
  max_results: async () => like(await search.max_results(1).execute(), { resources: (value, where) => assert.equal(value.length, 1, where), next_cursor: "string" }),
  next_cursor: async () => {
    const first = await search.sort_by("public_id", "asc").max_results(2).execute();
    const second = await search.sort_by("public_id", "asc").max_results(2).next_cursor(first.next_cursor).execute();
    assert.ok(first.resources[1].public_id < second.resources[0].public_id);
    assert.equal(first.total_count, second.total_count);
    await rejected(one().next_cursor(first.next_cursor).execute(), 400, /belongs to another query/);
  },
  sort_by: async () => {
    const names = (await search.sort_by("public_id", "desc").max_results(500).execute()).resources.map((resource) => resource.public_id);
    assert.deepEqual(names, [...names].sort().reverse());
  },
  aggregate: async () => like(await search.aggregate("resource_type").aggregate("format").execute(), { aggregations: { resource_type: { image: "integer", raw: "integer" }, format: { png: "integer" } } }),
  with_field: async () => like(await one().with_field("tags").with_field("context").with_field("metadata").execute(), { resources: list({ tags: is(["wanted"]), context: is({}), metadata: "object" }) }),
  fields: async () => {
    const [resource] = (await one().fields("tags").execute()).resources;
    assert.deepEqual(Object.keys(resource).sort(), ["asset_folder", "asset_id", "created_at", "public_id", "resource_type", "status", "tags", "type"]);
  },
  ttl: async () => assert.match(one().ttl(77).to_url(), /\/77\//),
  to_query: async () => assert.deepEqual(one().to_query(), { expression: "tags=wanted" }),
  to_url: async () => {
    const url = one().to_url();
    const address = new URL(url);
    const base = process.env.CLOUDINARY_URL.match(/upload_prefix=([^&]+)/)[1];
    const answer = await fetch(base + address.pathname);
    assert.equal(answer.status, 200, url);
    like(await answer.json(), { ...found, resources: ids("by-tag") });
    const forged = await fetch(base + address.pathname.replace(/search\/\w/, (start) => start.slice(0, -1) + (start.endsWith("0") ? "1" : "0")));
    assert.equal(forged.status, 401);
  },
};
const folderSearches = {
  execute: async () => like(await searchFolders.expression("name=spring").execute(), { total_count: is(1), folders: list({ name: is("spring"), path: is("season/spring"), created_at: "time", external_id: "string" }) }),
};
const analyses = {
  analyze_uri: async () => rejected(analysis.analyze_uri("https://example.com/a.jpg", "captioning"), 403, /captioning/),
};

// Methods that speak to no API, or whose endpoints are not served; each with its reason.
const builders = "builds a form or a URL, and calls nothing";
const left = {
  uploader: {
    direct_upload: builders, upload_tag_params: builders, upload_url: builders, image_upload_tag: builders, unsigned_image_upload_tag: builders,
    download_generated_sprite: builders, download_multi: builders,
    upload_large_part: "was replaced by upload_chunked, which it calls in a way that this version of the SDK does not support any more",
  },
  search: { instance: "makes the object that all others are called on" },
  searchFolders: { instance: "makes the object that execute is called on", ...Object.fromEntries(Object.keys(searches).filter((name) => name !== "execute").map((name) => [name, "is inherited from Search"])) },
};

const failures = await run([["uploader", uploader, uploads], ["api", api, admin], ["search", search, searches], ["searchFolders", searchFolders, folderSearches], ["analysis", analysis, analyses]].map(
  ([name, object, cases]) => ({ name, known: methods(object), cases, left: left[name] }),
));
await rm(scratch, { recursive: true });
process.exit(failures ? 1 : 0);
