// Calls every tool of the official MCP servers, which hand the Upload, Admin and Analysis APIs to assistants: each is started as an
// assistant starts it, and its answers are held against the schemas that it brings along for them.
//
//   CLOUDINARY_URL=cloudinary://… node tools.mjs SERVER_URL PICTURE.png
//
// The environment must be empty, in dynamic folder mode. Prints a line for every tool, and fails when one fails.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { hex, is, like, list, matches, run } from "./shapes.mjs";

const [serverURL, picture] = process.argv.slice(2);
const cloud = new URL(process.env.CLOUDINARY_URL).host;

// schemas finds what a server says of the answers of its tools, by their names: a tool is in a file that is named for its API and
// its operation, and so is the schema of the operation's answer.
async function schemas(folder) {
  const files = async (name) => (await readdir(path.join(folder, "esm", name))).filter((file) => file.endsWith(".js"));
  const load = async (...at) => Object.entries(await import(pathToFileURL(path.join(folder, "esm", ...at))));
  const operations = (await files("models")).filter((file) => file.endsWith("op.js")).map((file) => file.slice(0, -"op.js".length));
  const found = {};
  for (const file of await files("mcp-server/tools")) {
    const [[, tool]] = (await load("mcp-server/tools", file)).filter(([name]) => name.startsWith("tool$"));
    const [operation] = operations.filter((name) => file.toLowerCase().endsWith(`${name}.js`)).sort((a, b) => b.length - a.length);
    const answer = operation && (await load("models", `${operation}op.js`)).find(([name]) => name.endsWith("Response$zodSchema"));
    if (answer) [, found[tool.name]] = answer;
  }
  return found;
}

// wrong are tools whose schemas know only texts and flags in the settings of a preset, or something else for its transformations.
const wrong = ["list-upload-presets", "get-upload-preset-details"];

// start runs a server, which speaks JSON-RPC by lines. call resolves to what a tool answers, and rejects with the error of the API.
async function start(name, url = serverURL) {
  const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "node_modules", "@cloudinary", `${name}-mcp`);
  const child = spawn("node", [path.join(folder, "bin", "mcp-server.js"), "start", "--server-url", url], { stdio: ["pipe", "pipe", "ignore"] });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const ask = (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(waiting.size, ({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result)));
      send({ id: waiting.size - 1, method, params });
    });
  await ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "darkroom", version: "1" } });
  send({ method: "notifications/initialized" });
  const answers = await schemas(folder);
  return {
    known: (await ask("tools/list", {})).tools.map((tool) => tool.name),
    stop: () => child.kill(),
    call: async (tool, given = {}) => {
      const { content: [{ text }], isError } = await ask("tools/call", { name: tool, arguments: given });
      if (isError) throw new Refusal(text);
      const answer = JSON.parse(text);
      const checked = wrong.includes(tool) ? undefined : answers[tool]?.safeParse(answer);
      assert.ok(!checked || checked.success, `${tool}: ${checked?.error} ${text}`);
      return answer;
    },
  };
}

class Refusal extends Error {}
const refused = (call, text) =>
  assert.rejects(call, (failure) => {
    assert.ok(failure instanceof Refusal, failure.stack);
    assert.match(JSON.parse(failure.message).error.message, text);
    return true;
  });

const { known: assetTools, call: assets, stop: stopAssets } = await start("asset-management");
const { known: configTools, call: config, stop: stopConfig } = await start("environment-config");
const { known: metadataTools, call: metadata, stop: stopMetadata } = await start("structured-metadata");
const { known: analysisTools, call: analyze, stop: stopAnalysis } = await start("analysis", `${serverURL}/v2/analysis/${cloud}`);

const file = `file://${picture}`; // The server sends the content of such a file along.
const asset = { asset_id: hex, public_id: "string", version: "integer", resource_type: "string", type: "string", created_at: "time", bytes: "integer", url: "string", secure_url: "string" };
const image = { ...asset, format: is("png"), width: is(64), height: is(48) };
const ids = (...want) => (value, where) => assert.deepEqual(value.map((resource) => resource.public_id).sort(), want, where);
const put = (publicId, options = {}) => assets("upload-asset", { resource_type: "image", upload_request: { file, public_id: publicId, ...options } });

let first, second;
const ofAssets = {
  "upload-asset": async () => {
    await metadata("create-metadata-field", { request: { type: "string", label: "Note", external_id: "note" } });
    first = like(await put("first", { tags: ["a", "b"], context: "season=spring", metadata: { note: "n" }, colors: true, access_control: [{ access_type: "anonymous" }], regions: { name1: [[1, 2], [3, 4]] }, asset_folder: "season", eager: "c_scale,w_8" }), {
      ...image, version_id: hex, signature: "string", tags: is(["a", "b"]), context: is({ custom: { season: "spring" } }), metadata: is({ note: "n" }), access_control: is([{ access_type: "anonymous" }]),
    });
    second = like(await assets("upload-asset", { upload_request: { file, public_id: "second", tags: "c", responsive_breakpoints: [{ create_derived: false, min_width: 20, max_width: 60, max_images: 2, bytes_step: 1 }] } }), { ...image, tags: is(["c"]), responsive_breakpoints: list({ breakpoints: list({ width: "integer" }) }) });
    await refused(put("refused", { moderation: "aws_rek" }), /aws_rek moderation is not valid/);
    await refused(put("refused", { allowed_formats: "mp4" }), /not allowed/);
  },
  "asset-rename": async () => {
    await put("old-name");
    like(await assets("asset-rename", { resource_type: "image", RequestBody: { from_public_id: "old-name", to_public_id: "new-name", context: true, metadata: true } }), { ...image, public_id: is("new-name") });
    await refused(assets("asset-rename", { resource_type: "image", RequestBody: { from_public_id: "new-name", to_public_id: "first" } }), /already exists/);
  },
  "generate-archive": async () => {
    like(await assets("generate-archive", { resource_type: "image", RequestBody: { public_ids: ["first", "second"], target_public_id: "packed.zip", mode: "create" } }), { ...asset, resource_type: is("raw"), file_count: is(2), resource_count: is(2) });
    like(await assets("generate-archive", { resource_type: "all", RequestBody: { fully_qualified_public_ids: ["image/upload/first"], mode: "create", target_format: "tgz", transformations: "c_scale,w_5|c_scale,w_6" } }), { file_count: is(2), resource_count: is(1) });
    await refused(assets("generate-archive", { resource_type: "image", RequestBody: { mode: "create", tags: ["no-tag"] } }), /./);
  },
  "list-images": async () => {
    like(await assets("list-images", { type: "upload", tags: true, max_results: 500, direction: "asc" }), { resources: (found, where) => (list(image)(found, where), ids("first", "new-name", "second")(found, where)) });
    like(await assets("list-images", { type: "upload", public_ids: ["first", "second"], fields: ["tags", "display_name"] }), { resources: list({ tags: Array.isArray, display_name: "string", bytes: is(undefined) }) });
    await refused(assets("list-images", { next_cursor: "nothing" }), /cursor/);
  },
  "list-videos": async () => like(await assets("list-videos", { max_results: 10 }), { resources: is([]) }),
  "list-files": async () => like(await assets("list-files", { type: "upload", prefix: "packed" }), { resources: ids("packed.zip") }),
  "get-asset-details": async () => {
    like(await assets("get-asset-details", { asset_id: first.asset_id, colors: true, media_metadata: true, faces: true, quality_analysis: true, accessibility_analysis: true, pages: true, phash: true, coordinates: true, versions: true, max_results: 5 }), {
      ...image, colors: Array.isArray, phash: "string", versions: list({ version_id: hex }), derived: list({ id: hex, transformation: matches(/^c_scale,w_[568]$/), url: "string" }),
    });
    await refused(assets("get-asset-details", { asset_id: "0".repeat(32) }), /Resource not found/);
  },
  "asset-update": async () => {
    like(await assets("asset-update", { asset_id: first.asset_id, ResourceUpdateRequest: { tags: ["d", "e"], metadata: { note: "m" }, display_name: "My picture", access_control: [{ access_type: "token" }], regions: '{"name1":[[1,2],[3,4]]}' } }), { ...image, tags: is(["d", "e"]), display_name: is("My picture"), access_control: is([{ access_type: "token" }]) });
    like(await assets("asset-update", { asset_id: first.asset_id, ResourceUpdateRequest: { access_control: [{ access_type: "anonymous" }] } }), { access_control: is([{ access_type: "anonymous" }]) });
    await refused(assets("asset-update", { asset_id: first.asset_id, ResourceUpdateRequest: { ocr: "adv_ocr" } }), /Illegal value/);
  },
  "list-tags": async () => like(await assets("list-tags", { resource_type: "image", prefix: "d" }), { tags: is(["d"]) }),
  "manage-asset-tags": async () => {
    const command = (name, tags) => assets("manage-asset-tags", { resource_type: "image", tags_update_request: { command: name, public_ids: ["first", "nothing"], tags } });
    for (const [name, tags] of [["add", ["f"]], ["replace", ["g", "h"]], ["remove", ["g"]]]) like(await command(name, tags), { public_ids: is(["first"]) });
    like(await assets("get-asset-details", { asset_id: first.asset_id }), { tags: is(["h"]) });
    like(await command("remove_all"), { public_ids: is(["first"]) });
  },
  "manage-asset-context": async () => {
    like(await assets("manage-asset-context", { resource_type: "image", context_update_request: { command: "add", context: "alt=x", public_ids: ["first"] } }), { public_ids: is(["first"]) });
    like(await assets("manage-asset-context", { resource_type: "image", context_update_request: { command: "remove_all", public_ids: ["first"] } }), { public_ids: is(["first"]) });
  },
  "manage-asset-metadata": async () => {
    like(await assets("manage-asset-metadata", { resource_type: "image", metadata_update_request: { metadata: { note: "by object" }, public_ids: ["first"] } }), { public_ids: is(["first"]) });
    like(await assets("manage-asset-metadata", { resource_type: "image", metadata_update_request: { metadata: "note=by text", public_ids: ["first"] } }), { public_ids: is(["first"]) });
    like(await assets("get-asset-details", { asset_id: first.asset_id }), { metadata: is({ note: "by text" }) });
    await refused(assets("manage-asset-metadata", { resource_type: "image", metadata_update_request: { metadata: { nothing: "x" }, public_ids: ["first"] } }), /Metadata External IDs do not exist/);
  },
  "get-usage-details": async () => {
    like(await assets("get-usage-details"), { plan: "string", objects: { usage: "integer" }, storage: { usage: "integer" }, transformations: { usage: "integer" } });
    like(await assets("get-usage-details", { date: new Date().toISOString().slice(0, 10) }), { plan: "string" });
  },
  "create-asset-relations": async () => like(await assets("create-asset-relations", { asset_id: first.asset_id, relate_assets_by_asset_id_request: { assets_to_relate: [second.asset_id] } }), { success: list({ code: is("success_ids") }), failed: is([]) }),
  "delete-asset-relations": async () => like(await assets("delete-asset-relations", { asset_id: first.asset_id, unrelate_assets_by_asset_id_request: { assets_to_unrelate: [second.asset_id] } }), { success: list({ code: is("success_ids") }), failed: is([]) }),
  "create-folder": async () => like(await assets("create-folder", { folder: "samples/food" }), { success: is(true), path: is("samples/food"), name: is("food") }),
  "move-folder": async () => {
    like(await assets("move-folder", { folder: "samples/food", move_folder_request: { to_folder: "samples/drinks" } }), { from: is({ name: "food", path: "samples/food" }), to: is({ name: "drinks", path: "samples/drinks" }) });
    await refused(assets("move-folder", { folder: "samples/food", move_folder_request: { to_folder: "x" } }), /Can't find folder/);
  },
  "search-folders": async () => {
    like(await assets("search-folders", { expression: "path=samples/*", sort_by: [{ name: "asc" }, { created_at: "desc" }], max_results: 10 }), { total_count: is(1), folders: list({ name: is("drinks"), path: is("samples/drinks"), external_id: "string", created_at: "time" }) });
    await refused(assets("search-folders", { expression: "name:(a OR" }), /at position/);
  },
  "delete-folder": async () => {
    like(await assets("delete-folder", { folder: "samples" }), { deleted: is(["samples", "samples/drinks"]) });
    await refused(assets("delete-folder", { folder: "samples" }), /samples/);
  },
  "search-assets": async () => {
    like(await assets("search-assets", { request: { expression: "public_id=first OR public_id=second", sort_by: [{ public_id: "desc" }], max_results: 10, with_field: ["tags", "context", "metadata", "image_metadata", "image_analysis", "quality_analysis", "accessibility_analysis"], aggregate: ["format", "resource_type"] } }), { total_count: is(2), resources: (found, where) => assert.deepEqual(found.map((one) => one.public_id), ["second", "first"], where) });
    like(await assets("search-assets", { request: { aggregate: [{ type: "bytes", ranges: [{ key: "small", from: 0, to: 100 }, { key: "large", from: 100 }] }] } }), { aggregations: { bytes: { small: is(0), large: "integer" } } });
    like(await assets("search-assets", { request: { expression: "public_id=first", fields: "tags,metadata" } }), { resources: list({ metadata: "object", bytes: is(undefined) }) });
    await refused(assets("search-assets", { request: { expression: "tags:(a OR" } }), /at position/);
  },
  "transform-asset": async () => {
    like(await assets("transform-asset", { publicId: "second", transformations: "c_fill,w_30,h_20/e_sepia", invalidate: true }), { ...image, eager: list({ transformation: is("c_fill,w_30,h_20/e_sepia"), width: is(30) }) });
    await refused(assets("transform-asset", { publicId: "second", transformations: "w_abc" }), /w_abc|Invalid width/);
  },
  "delete-derived-assets": async () => {
    const { derived: [one] } = await assets("get-asset-details", { asset_id: second.asset_id });
    like(await assets("delete-derived-assets", { request: { derived_resource_ids: [one.id, "nothing"], invalidate: true } }), { deleted: is({ [one.id]: "deleted", nothing: "not_found" }) });
  },
  "download-asset-backup": async () => refused(assets("download-asset-backup", { asset_id: first.asset_id, version_id: "0".repeat(32) }), /Resource not found - version/),
  "delete-asset": async () => {
    like(await assets("delete-asset", { request: { asset_id: second.asset_id, invalidate: true } }), { result: is("ok") });
    like(await assets("delete-asset", { request: { asset_id: second.asset_id } }), { result: is("not found") });
  },
  "visual-search-assets": async () => refused(assets("visual-search-assets", { request: { text: "shirts", threshold: 0.8 } }), /Visual search is not enabled/),
  "generate-image": async () => refused(assets("generate-image", { request: { prompt: "a cat", image_size: { width: 512, height: 512 } } }), /not enabled/),
  "generate-image-from-images": async () => refused(assets("generate-image-from-images", { request: { prompt: "a cat", reference_images: [{ source_type: "url", url: "https://example.com/a.jpg" }] } }), /not enabled/),
  "get-generation-task": async () => refused(assets("get-generation-task", { task_id: "0".repeat(32) }), /not enabled/),
};

const representations = '[{"transformation":"c_limit,h_1200,w_1200,br_5m"}]';
let trigger;
const ofConfig = {
  "create-transformation": async () => {
    like(await config("create-transformation", { transformation: "small", create_request: { transformation: "c_fit,w_10", allowed_for_strict: true } }), { message: is("created") });
    await refused(config("create-transformation", { transformation: "small", create_request: { transformation: "c_fit,w_10" } }), /already exists/);
  },
  "list-transformations": async () => like(await config("list-transformations", { named: true, max_results: 10 }), { transformations: list({ name: is("t_small"), allowed_for_strict: is(true), used: is(false), named: is(true) }) }),
  "get-transformation-details": async () => {
    like(await config("get-transformation-details", { transformation: "small" }), { name: is("t_small"), info: is([{ crop: "fit", width: 10 }]), derived: is([]) });
    like(await config("get-transformation-details", { transformation: "c_scale,w_8" }), { name: is("c_scale,w_8"), named: is(false), used: is(true), derived: list({ public_id: is("first"), id: hex }) });
    await refused(config("get-transformation-details", { transformation: "nothing" }), /Can't find transformation/);
  },
  "update-transformation": async () => like(await config("update-transformation", { transformation: "small", update_request: { allowed_for_strict: false, unsafe_update: "c_fit,w_11" } }), { message: is("updated") }),
  "delete-transformation": async () => {
    like(await config("delete-transformation", { transformation: "small", invalidate: true }), { message: is("deleted") });
    await refused(config("delete-transformation", { transformation: "small" }), /Can't find transformation/);
  },
  "create-upload-preset": async () => {
    const settings = { tags: ["x", "y"], access_control: [{ access_type: "anonymous" }], metadata: { note: "n" }, context: "k=v", allowed_formats: "png,jpg", regions: { name1: [[1, 2], [3, 4]] }, responsive_breakpoints: [{ create_derived: false, max_width: 60 }], eager: "c_scale,w_3", colors: true, type: "upload" };
    like(await config("create-upload-preset", { request: { name: "web", unsigned: false, ...settings } }), { message: is("created"), name: is("web") });
    like(await config("create-upload-preset", { request: { unsigned: true } }), { name: "string" });
  },
  "list-upload-presets": async () => {
    for (const order of ["name", "id", "created_at"]) like(await config("list-upload-presets", { order_by: order, direction: "asc", max_results: 10 }), { presets: list({ name: "string", unsigned: "boolean", settings: "object" }) });
    like(await config("list-upload-presets", { max_results: 1 }), { presets: (found, where) => assert.equal(found.length, 1, where), next_cursor: "string" });
  },
  "get-upload-preset-details": async () => {
    like(await config("get-upload-preset-details", { name: "web" }), { name: is("web"), unsigned: is(false), settings: { tags: is(["x", "y"]), access_control: is([{ access_type: "anonymous" }]), context: is({ k: "v" }), colors: is(true), eager: is([{ crop: "scale", width: 3 }]) } });
    await refused(config("get-upload-preset-details", { name: "nothing" }), /Can't find upload preset/);
  },
  "update-upload-preset": async () => {
    like(await config("update-upload-preset", { name: "web", upload_preset_input: { unsigned: true, tags: "z", moderation: "manual" } }), { message: is("updated") });
    like(await config("get-upload-preset-details", { name: "web" }), { unsigned: is(true), settings: { tags: is(["z"]), moderation: is("manual"), colors: is(false) } }); // The server sends a default along.
  },
  "delete-upload-preset": async () => like(await config("delete-upload-preset", { name: "web" }), { message: is("deleted") }),
  "create-upload-mapping": async () => {
    like(await config("create-upload-mapping", { request: { folder: "wiki", template: "https://wiki.example.com/" } }), { message: is("created"), folder: is("wiki") });
    await refused(config("create-upload-mapping", { request: { folder: "wiki", template: "https://wiki.example.com/" } }), /wiki/);
  },
  "list-upload-mappings": async () => {
    like(await config("list-upload-mappings", { max_results: 10 }), { mappings: list({ folder: is("wiki"), template: "string", external_id: "string" }) });
    like(await config("list-upload-mappings", { folder: "wiki" }), { folder: is("wiki") });
  },
  "update-upload-mapping": async () => like(await config("update-upload-mapping", { request: { folder: "wiki", template: "https://pedia.example.com/" } }), { message: is("updated") }),
  "delete-upload-mapping": async () => {
    like(await config("delete-upload-mapping", { folder: "wiki" }), { message: is("deleted") });
    await refused(config("delete-upload-mapping", { folder: "wiki" }), /not found/);
  },
  "create-trigger": async () => {
    trigger = like(await config("create-trigger", { request: { event_type: "upload", uri: "https://hooks.example.com/uploads" } }), { id: "string", uri: "string", event_type: is("upload"), created_at: "time", updated_at: "time" });
    await refused(config("create-trigger", { request: { event_type: "upload", uri: "https://hooks.example.com/uploads" } }), /already exists/);
  },
  "list-triggers": async () => like(await config("list-triggers", { event_type: "upload" }), { triggers: list({ id: is(trigger.id) }), total: is(1) }),
  "update-trigger": async () => like(await config("update-trigger", { id: trigger.id, update_trigger_request: { new_uri: "https://hooks.example.com/others" } }), { message: is("ok") }),
  "test-trigger": async () => like(await config("test-trigger", { id: trigger.id, test_trigger_request: { sample_data: { public_id: "x" } } }), { trigger_id: is(trigger.id), filter_present: is(false) }),
  "delete-trigger": async () => {
    like(await config("delete-trigger", { id: trigger.id }), { message: is("ok") });
    await refused(config("delete-trigger", { id: trigger.id }), /not found/i);
  },
  "create-streaming-profile": async () => {
    like(await config("create-streaming-profile", { request: { name: "mine", display_name: "Mine", representations } }), { message: is("created"), data: { name: is("mine"), predefined: is(false) } });
    await refused(config("create-streaming-profile", { request: { name: "mine", representations } }), /already exists/);
  },
  "list-streaming-profiles": async () => like(await config("list-streaming-profiles", { request: {} }), { data: list({ name: "string", predefined: "boolean", external_id: "string" }) }),
  "get-streaming-profile": async () => like(await config("get-streaming-profile", { name: "mine" }), { data: { display_name: is("Mine"), representations: list({ transformation: is([{ bit_rate: "5m", crop: "limit", height: 1200, width: 1200 }]) }) } }),
  "update-streaming-profile": async () => like(await config("update-streaming-profile", { name: "mine", streaming_profile_update: { display_name: null, representations } }), { message: is("updated") }),
  "delete-streaming-profile": async () => {
    like(await config("delete-streaming-profile", { name: "mine" }), { message: is("deleted") });
    await refused(config("get-streaming-profile", { name: "mine" }), /mine/);
  },
};

const field = { type: "string", external_id: "string", label: "string", mandatory: "boolean" };
const values = [{ external_id: "r", value: "Red" }, { external_id: "g", value: "Green" }];
let rule;
const ofMetadata = {
  "create-metadata-field": async () => {
    like(await metadata("create-metadata-field", { request: { type: "enum", label: "Colour", external_id: "colour", mandatory: false, datasource: { values }, restrictions: { readonly_ui: true }, default_value: null, validation: null, default_disabled: false, allow_dynamic_list_values: false } }), { ...field, datasource: { values: list({ external_id: "string", value: "string", state: is("active") }) } });
    like(await metadata("create-metadata-field", { request: { type: "integer", label: "Size", external_id: "size", default_value: 3, mandatory: true, validation: { type: "greater_than", value: 1, equals: true } } }), { ...field, default_value: is(3) });
    like(await metadata("create-metadata-field", { request: { type: "date", label: "Until", external_id: "until" } }), field);
    like(await metadata("create-metadata-field", { request: { type: "set", label: "Kinds", external_id: "kinds", datasource: { values } } }), field);
    await refused(metadata("create-metadata-field", { request: { type: "string", label: "Again", external_id: "colour" } }), /external id colour already exists/);
  },
  "list-metadata-fields": async () => {
    like(await metadata("list-metadata-fields"), { metadata_fields: (found, where) => assert.deepEqual(found.map((one) => one.external_id).sort(), ["colour", "kinds", "note", "size", "until"], where) });
    like(await metadata("list-metadata-fields", { external_ids: ["colour", "size"] }), { metadata_fields: (found, where) => assert.deepEqual(found.map((one) => one.external_id).sort(), ["colour", "size"], where) });
  },
  "get-metadata-field": async () => {
    like(await metadata("get-metadata-field", { external_id: "colour" }), { ...field, label: is("Colour") });
    await refused(metadata("get-metadata-field", { external_id: "nothing" }), /nothing/);
  },
  "update-metadata-field": async () => like(await metadata("update-metadata-field", { external_id: "colour", metadata_field: { label: "Color", default_value: "r" } }), { ...field, label: is("Color"), default_value: is("r") }),
  "update-metadata-datasource-values": async () => like(await metadata("update-metadata-datasource-values", { external_id: "colour", update_datasource_request: { values: [{ external_id: "b", value: "Blue" }] } }), { values: (found, where) => assert.equal(found.length, 3, where) }),
  "delete-metadata-datasource-values": async () => like(await metadata("delete-metadata-datasource-values", { external_id: "colour", datasource_external_ids_request: { external_ids: ["g"] } }), { values: (found, where) => assert.deepEqual(found.map((one) => one.external_id), ["r", "b"], where) }),
  "create-metadata-rule": async () => {
    rule = like(await metadata("create-metadata-rule", { request: { metadata_field_id: "colour", name: "blue", condition: { or: [{ metadata_field_id: "note", equals: "blue" }, { metadata_field_id: "kinds", includes: ["g"] }] }, result: { enable: true, apply_value: { value: "b", mode: "default" } } } }), { external_id: "string", name: is("blue"), state: is("active") });
    like(await metadata("create-metadata-rule", { request: { metadata_field_id: "kinds", name: "some", condition: { metadata_field_id: "note", populated: true }, result: { set_mandatory: true, activate_values: { external_ids: ["r"], mode: "override" } }, state: "inactive", position: 1 } }), { state: is("inactive") });
    await refused(metadata("create-metadata-rule", { request: { metadata_field_id: "nothing", name: "x", condition: { metadata_field_id: "note", populated: true }, result: { enable: true } } }), /nothing/);
  },
  "list-metadata-rules": async () => like(await metadata("list-metadata-rules", { request: {} }), { metadata_rules: list({ external_id: "string", metadata_field_id: "string" }) }),
  "update-metadata-rule": async () => like(await metadata("update-metadata-rule", { external_id: rule.external_id, metadata_rule_update: { name: "not blue", state: "inactive", result: { activate_values: "all" } } }), { name: is("not blue"), state: is("inactive") }),
  "delete-metadata-rule": async () => {
    like(await metadata("delete-metadata-rule", { external_id: rule.external_id }), { message: is("ok") });
    await refused(metadata("delete-metadata-rule", { external_id: rule.external_id }), /not found/);
  },
  "delete-metadata-field": async () => {
    like(await metadata("delete-metadata-field", { external_id: "colour" }), { message: is("ok") });
    await refused(metadata("delete-metadata-field", { external_id: "colour" }), /colour/);
  },
};

// Every model is one that is not here.
const more = { "analyze-ai-vision-general": { prompts: ["What is this?"] }, "analyze-ai-vision-moderation": { rejection_questions: ["Is it bad?"] }, "analyze-ai-vision-tagging": { tag_definitions: [{ name: "cat", description: "Is there a cat?" }] } };
const ofAnalysis = Object.fromEntries(analysisTools.filter((name) => name.startsWith("analyze-")).map((name) => [name, async () => {
  await refused(analyze(name, { request: { source: { uri: "https://example.com/a.jpg" }, ...more[name] } }), new RegExp(name.slice("analyze-".length).replaceAll("-", "_")));
  await refused(analyze(name, { request: { source: { asset_id: first.asset_id }, async: true, notification_url: "https://hooks.example.com/", ...more[name] } }), new RegExp(name.slice("analyze-".length).replaceAll("-", "_")));
}]));
ofAnalysis["tasks-get-status"] = async () => refused(analyze("tasks-get-status", { task_id: "0".repeat(32) }), /./);

const failures = await run([
  { name: "asset-management", known: assetTools, cases: ofAssets, left: { "get-tx-reference": "reads a page of cloudinary.com, and calls no API" } },
  { name: "environment-config", known: configTools, cases: ofConfig },
  { name: "structured-metadata", known: metadataTools, cases: ofMetadata },
  { name: "analysis", known: analysisTools, cases: ofAnalysis },
]);
for (const stop of [stopAssets, stopConfig, stopMetadata, stopAnalysis]) stop();
process.exit(failures ? 1 : 0);
