// Calls every method of the official generated SDK of the Provisioning API, @cloudinary/account-provisioning, which refuses an error
// that it cannot decode. Of an answer with a value of another type than it documents it makes the type itself, which fails here.
//
//   CLOUDINARY_ACCOUNT_URL=account://… node account-provisioning.mjs SERVER_URL
//
// In the account the user ann@example.com and the group designers have the role view, ann@example.com and zoe have edit. Prints a
// line for every method, and fails when one fails.
import assert from "node:assert/strict";
import { CldProvisioning, HTTPClient } from "@cloudinary/account-provisioning";
import * as models from "@cloudinary/account-provisioning/models";
import { is, like, list, matches, run } from "./shapes.mjs";

const [serverURL] = process.argv.slice(2);
let sent; // the last answer, as it was sent
const httpClient = new HTTPClient({
  fetcher: async (...request) => {
    const response = await fetch(...request);
    sent = await response.clone().text();
    return response;
  },
});
const client = new CldProvisioning({ serverURL, httpClient });
// same fails unless what was sent is of the types that the SDK has made of it.
function same(raw, made, where) {
  if (made instanceof Date) assert.equal(typeof raw, "string", where);
  else if (raw === null) assert.equal(made ?? null, null, `${where} is null`);
  else if (typeof raw !== "object") assert.equal(typeof raw, typeof made, where);
  else for (const [key, value] of Object.entries(raw)) {
    const name = key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
    if (name in made) same(value, made[name], `${where}.${key}`);
  }
}
const strict = (sdk) => new Proxy(sdk, {
  get: (target, name) => (...given) => target[name](...given).then((made) => (same(JSON.parse(sent), made, name), made)),
});
const stranger = new CldProvisioning({ serverURL, security: { provisioningApiKey: "1", provisioningApiSecret: "2" } });
const { productEnvironments, accessKeys, users, userGroups, billingUsage, systemPolicies, roles, customPolicies, effectivePolicies, principals } =
  Object.fromEntries(["productEnvironments", "accessKeys", "users", "userGroups", "billingUsage", "systemPolicies", "roles", "customPolicies", "effectivePolicies", "principals"].map((name) => [name, strict(client[name])]));

const date = (value, where) => assert.ok(value instanceof Date && !Number.isNaN(value.getTime()), where);
const named = (...want) => (value, where) => assert.deepEqual(value.map((one) => one.name), want, where);
const pair = { key: matches(/^\d{15}$/), secret: "string", enabled: is(true) };
const environment = { id: "string", name: "string", cloudName: "string", enabled: is(true), apiAccessKeys: list(pair), createdAt: date, updatedAt: date };
const key = { name: "string", apiKey: matches(/^\d{15}$/), apiSecret: "string", enabled: "boolean", createdAt: date, updatedAt: date };
const user = { id: "string", name: "string", role: "string", email: "string", pending: is(false), enabled: is(true), status: is("active"), allSubAccounts: is(true), createdAt: date };

// refused fails unless the SDK decodes the refusal as the kind of error that its documentation names for the method, or, for a
// status that the documentation leaves out, at least has its status and text.
const refused = (call, status, text, kind = models.ErrorResponse) =>
  assert.rejects(call, (failure) => {
    assert.ok(failure instanceof kind, `${failure.constructor.name}: ${failure.stack}`);
    assert.equal(failure.statusCode, status, failure.body);
    assert.match(failure.error?.message ?? failure.body, text);
    assert.match(failure.headers.get("x-request-id"), /./);
    if (kind === models.PermissionsErrorResponse) like(failure.error, { category: "string", code: "string", details: "object" });
    return true;
  });
const undocumented = models.CldProvisioningError;
const forbidden = (call, text) => refused(call, 403, text, models.PermissionsErrorResponse);
const noPerson = /identity provider/;
const noPolicy = /There are no policies here/;
const nobody = "0".repeat(32);

let shop;
const environments = {
  create: async () => {
    shop = like(await productEnvironments.create({ name: "Spring shop", cloudName: "spring-shop", customAttributes: { team: "web" } }), { ...environment, name: is("Spring shop"), cloudName: is("spring-shop") });
    like(await productEnvironments.create({ name: "Autumn shop", baseSubAccountId: shop.id }), { ...environment, name: is("Autumn shop") });
    await refused(productEnvironments.create({ name: "Other shop", cloudName: "spring-shop" }), 409, /Cloud name spring-shop is already taken/);
    await refused(productEnvironments.create({ name: "" }), 400, /Missing required parameter - name/);
    await refused(stranger.productEnvironments.create({ name: "x" }), 401, /Invalid credentials/);
  },
  list: async () => {
    like(await productEnvironments.list(), { subAccounts: (found, where) => assert.deepEqual(found.map((one) => one.name).sort(), ["Autumn shop", "Spring shop"], where) });
    like(await productEnvironments.list({ enabled: true, prefix: "spring" }), { subAccounts: list({ ...environment, id: is(shop.id) }) });
    like(await productEnvironments.list({ ids: [shop.id, "nothing"], cloudNames: ["spring-shop", "other"] }), { subAccounts: named("Spring shop") });
    like(await productEnvironments.list({ enabled: false }), { subAccounts: is([]) });
    await refused(productEnvironments.list({ ids: Array.from({ length: 101 }, (_, i) => `${i}`) }), 400, /Too many ids/);
    await refused(new CldProvisioning({ serverURL, accountId: "another" }).productEnvironments.list(), 401, /Invalid credentials/);
  },
  get: async () => {
    like(await productEnvironments.get({ subAccountId: shop.id }), { ...environment, name: is("Spring shop") });
    await refused(productEnvironments.get({ subAccountId: nobody }), 404, /Cannot find sub account with id 0+/);
  },
  update: async () => {
    like(await productEnvironments.update({ subAccountId: shop.id, productEnvironmentUpdateRequest: { name: "Summer shop", cloudName: "summer-shop", customAttributes: { team: "app" }, enabled: true } }), { ...environment, name: is("Summer shop"), cloudName: is("summer-shop") });
    await refused(productEnvironments.update({ subAccountId: shop.id, productEnvironmentUpdateRequest: { enabled: false } }), 400, /cannot be disabled/);
    await refused(productEnvironments.update({ subAccountId: shop.id, productEnvironmentUpdateRequest: { name: "Autumn shop" } }), 409, /already exists/);
    await refused(productEnvironments.update({ subAccountId: nobody, productEnvironmentUpdateRequest: { name: "x" } }), 404, /Cannot find sub account/);
  },
  delete: async () => {
    const [other] = (await productEnvironments.list({ prefix: "Autumn" })).subAccounts;
    like(await productEnvironments.delete({ subAccountId: other.id }), { message: is("ok") });
    await refused(productEnvironments.delete({ subAccountId: other.id }), 404, /Cannot find sub account/);
  },
};

let mobile;
const keys = {
  generate: async () => {
    mobile = like(await accessKeys.generate({ subAccountId: shop.id, accessKeyRequest: { name: "mobile", enabled: false } }), { ...key, name: is("mobile"), enabled: is(false) });
    await refused(accessKeys.generate({ subAccountId: nobody, accessKeyRequest: { name: "x" } }), 404, /Cannot find sub account/);
  },
  list: async () => {
    like(await accessKeys.list({ subAccountId: shop.id }), { accessKeys: list(key), total: is(2) });
    like(await accessKeys.list({ subAccountId: shop.id, pageSize: 1, page: 2, sortBy: "enabled", sortOrder: "desc" }), { accessKeys: named("mobile"), total: is(2) });
    await refused(accessKeys.list({ subAccountId: nobody }), 404, /Cannot find sub account/);
    await refused(accessKeys.list({ subAccountId: shop.id, pageSize: 101 }), 400, /page_size/, undocumented);
  },
  update: async () => {
    like(await accessKeys.update({ subAccountId: shop.id, key: mobile.apiKey, accessKeyUpdateRequest: { name: "tablet", enabled: true } }), { ...key, name: is("tablet"), enabled: is(true) });
    like(await accessKeys.update({ subAccountId: shop.id, key: mobile.apiKey, accessKeyUpdateRequest: { dedicatedFor: "webhooks" } }), { ...key, name: is("tablet") });
    await refused(accessKeys.update({ subAccountId: shop.id, key: "1", accessKeyUpdateRequest: { name: "x" } }), 404, /Cannot find access key/);
  },
  delete: async () => {
    like(await accessKeys.delete({ subAccountId: shop.id, key: mobile.apiKey }), { message: is("ok") });
    await refused(accessKeys.delete({ subAccountId: shop.id, key: mobile.apiKey }), 404, /Cannot find access key/);
  },
  deleteByName: async () => {
    await accessKeys.generate({ subAccountId: shop.id, accessKeyRequest: { name: "by name" } });
    like(await accessKeys.deleteByName({ subAccountId: shop.id, name: "by name" }), { message: is("ok") });
    await refused(accessKeys.deleteByName({ subAccountId: shop.id, name: "by name" }), 404, /Cannot find access key named by name/);
    await refused(accessKeys.deleteByName({ subAccountId: shop.id, name: "" }), 400, /Missing required parameter - name/);
  },
};

let ann, designers;
const people = {
  list: async () => {
    [ann] = like(await users.list(), { users: (found, where) => (list(user)(found, where), named("ann@example.com", "zoe")(found, where)) }).users;
    assert.equal(ann.email, "ann@example.com");
    like(await users.list({ pending: false, ids: [ann.id, "nothing"], emails: ["ann@example.com", "other@example.com"], prefix: "ANN", subAccountId: shop.id }), { users: named("ann@example.com") });
    like(await users.list({ pending: true }), { users: is([]) });
    like(await users.list({ sortBy: "name", sortOrder: "desc", page: 1, pageSize: 1 }), { users: named("zoe") });
    like(await users.list({ sortBy: "created_at", page: 3, pageSize: 1 }), { users: is([]) });
    await refused(users.list({ subAccountId: nobody }), 404, /Cannot find sub account/);
    await refused(users.list({ lastLogin: true, from: new Date("2026-01-01"), to: new Date("2026-02-01"), unionType: "include" }), 400, noPerson, undocumented);
  },
  get: async () => {
    like(await users.get({ userId: ann.id }), { ...user, role: is("media_library_admin") });
    await refused(users.get({ userId: nobody }), 404, /Cannot find user with id 0+/);
  },
  create: async () => refused(users.create({ name: "Bob", email: "bob@example.com", role: "admin", subAccountIds: [shop.id], enabled: true }), 403, noPerson),
  update: async () => refused(users.update({ userId: ann.id, userRequest: { name: "Ann", role: "reports" } }), 403, noPerson),
  delete: async () => refused(users.delete({ userId: ann.id }), 403, noPerson),
  getGroups: async () => {
    await refused(users.getGroups({ userId: ann.id }), 403, noPerson, undocumented);
    await refused(users.getGroups({ userId: nobody }), 404, /Cannot find user/);
  },
  listSubAccounts: async () => {
    like(await users.listSubAccounts({ userId: ann.id }), { subAccounts: list({ id: is(shop.id), name: is("Summer shop"), cloudName: is("summer-shop"), enabled: is(true) }) });
    await refused(users.listSubAccounts({ userId: nobody }), 404, /Cannot find user/);
  },
};
const groups = {
  list: async () => {
    [designers] = like(await userGroups.list(), { userGroups: list({ id: "string", name: is("designers") }) }).userGroups;
    like(await userGroups.list({ extendedDetails: true }), { userGroups: named("designers") });
  },
  get: async () => {
    like(await userGroups.get({ groupId: designers.id, extendedDetails: true }), { id: is(designers.id), name: is("designers") });
    await refused(userGroups.get({ groupId: nobody }), 404, /Cannot find user group with id 0+/);
  },
  create: async () => refused(userGroups.create({ name: "testers", extendedDetails: true }), 403, noPerson),
  update: async () => refused(userGroups.update({ groupId: designers.id, userGroupRequest: { name: "testers" } }), 403, noPerson),
  delete: async () => refused(userGroups.delete({ groupId: designers.id }), 403, noPerson),
  listUsers: async () => {
    await refused(userGroups.listUsers({ groupId: designers.id }), 403, noPerson, undocumented);
    await refused(userGroups.listUsers({ groupId: nobody }), 404, /Cannot find user group/);
  },
  addUser: async () => refused(userGroups.addUser({ groupId: designers.id, userId: ann.id }), 403, noPerson),
  removeUser: async () => refused(userGroups.removeUser({ groupId: designers.id, userId: ann.id }), 403, noPerson),
};

const role = { id: "string", name: "string", description: "string", managementType: is("system"), permissionType: is("global"), scopeType: is("account"), createdAt: "integer", updatedAt: "integer" };
const allRoles = {
  list: async () => {
    like(await roles.list({ permissionType: "global", scopeType: "account", managementType: "system" }), { data: (found, where) => (list({ ...role, policyParameters: is([]) })(found, where), named("master_admin", "admin", "media_library_admin", "media_library_user")(found, where)) });
    like(await roles.list({ permissionType: "content", policyParameters: ["folder_id"] }), { data: is([]) });
    like(await roles.list({ permissionType: "global", scopeType: "prodenv" }), { data: is([]) });
    like(await roles.list({ permissionType: "global", managementType: "custom" }), { data: is([]) });
    await refused(stranger.roles.list({ permissionType: "global" }), 401, /Invalid credentials/, models.PermissionsErrorResponse);
  },
  get: async () => {
    like(await roles.get({ roleId: "media_library_admin" }), { data: { ...role, description: is("The cluster role edit") } });
    await refused(roles.get({ roleId: "nothing" }), 404, /Cannot find role with id nothing/, models.PermissionsErrorResponse);
  },
  listPrincipals: async () => {
    const principal = { id: "string", roleId: is("media_library_user"), policyParameters: is({}), scopeType: is("account"), scopeId: "string", createdAt: "integer", updatedAt: "integer" };
    like(await roles.listPrincipals({ roleId: "media_library_user", scopeType: "account", verbose: true }), { data: (found, where) => (list(principal)(found, where), assert.deepEqual(found.map((one) => one.type), ["user", "group"], where)) });
    like(await roles.listPrincipals({ roleId: "media_library_user", scopeType: "prodenv", scopeId: shop.id }), { data: is([]) });
    await refused(roles.listPrincipals({ roleId: "nothing" }), 404, /Cannot find role/, models.PermissionsErrorResponse);
  },
  create: async () => forbidden(roles.create({ name: "Painter", permissionType: "global", scopeType: "prodenv", systemPolicyIds: ["cld::policy::global::account::x"] }), /Roles are cluster roles/),
  update: async () => forbidden(roles.update({ roleId: "admin", role: { name: "Painter", permissionType: "global", scopeType: "account", systemPolicyIds: [] } }), /Roles are cluster roles/),
  delete: async () => forbidden(roles.delete({ roleId: "admin", force: true }), /Roles are cluster roles/),
  updatePrincipals: async () => forbidden(roles.updatePrincipals({ roleId: "admin", updateRolePrincipalsRequest: { operation: "add", principals: [{ principalType: "user", principalId: ann.id }] } }), /role bindings/),
};

const held = { ...role, policyParameters: is({}), scopeId: "string" };
const allPrincipals = {
  listRoles: async () => {
    like(await principals.listRoles({ principalType: "user", principalId: ann.id, permissionType: "global", managementType: "system", scopeType: "account" }), { data: (found, where) => (list(held)(found, where), named("media_library_admin", "media_library_user")(found, where)) });
    like(await principals.listRoles({ principalType: "group", principalId: designers.id, permissionType: "global" }), { data: named("media_library_user") });
    like(await principals.listRoles({ principalType: "group", principalId: designers.id, permissionType: "content", folderId: "1" }), { data: is([]) });
    like(await principals.listRoles({ principalType: "apiKey", principalId: "1", permissionType: "global" }), { data: is([]) });
    await refused(principals.listRoles({ principalType: "group", principalId: ann.id, permissionType: "global" }), 404, /Cannot find group/, models.PermissionsErrorResponse);
    await refused(principals.listRoles({ principalType: "user", principalId: "", permissionType: "global" }), 400, /Missing required parameter - principal_id/, models.PermissionsErrorResponse);
  },
  updateRoles: async () => forbidden(principals.updateRoles({ operation: "add", principal: { type: "user", id: ann.id }, roles: [{ id: "admin" }] }), /role bindings/),
  inspect: async () => {
    like(await principals.inspect({ scopeType: "account" }), { data: { principals: (found, where) => assert.deepEqual(found.map(({ type, roles: all }) => [type, ...all.map((one) => one.id)]), [["user", "media_library_admin", "media_library_user"], ["group", "media_library_user"], ["user", "media_library_admin"]], where) } });
    like(await principals.inspect({ scopeType: "account", principalType: "user", principalId: ann.id }), { data: { principals: list({ type: is("user"), id: is(ann.id), roles: list(held) }) } });
    like(await principals.inspect({ scopeType: "prodenv", scopeId: shop.id, principalType: "user", principalId: ann.id }), { data: { principals: list({ roles: is([]) }) } });
    await refused(principals.inspect({ scopeType: "account", principalType: "user", principalId: nobody }), 404, /Cannot find user/, models.PermissionsErrorResponse);
    await refused(principals.inspect({ scopeType: "account", principalType: "user" }), 400, /Missing required parameter - principal_id/, models.PermissionsErrorResponse);
  },
  inspectMultiple: async () => {
    like(await principals.inspectMultiple({ scopeType: "account", principals: [{ type: "group", id: designers.id }, { type: "user", id: ann.id }] }), { data: { principals: (found, where) => assert.deepEqual(found.map((one) => one.id), [designers.id, ann.id], where) } });
    like(await principals.inspectMultiple({ scopeType: "account", principals: [] }), { data: { principals: is([]) } });
    await refused(principals.inspectMultiple({ scopeType: "account", principals: [{ type: "user", id: nobody }] }), 404, /Cannot find user/, models.PermissionsErrorResponse);
  },
};

const policy = { policyStatement: "permit(principal, action, resource);", scopeType: "account", name: "All", enabled: true };
const cases = {
  productEnvironments: environments,
  accessKeys: keys,
  users: people,
  userGroups: groups,
  billingUsage: { get: () => refused(billingUsage.get({ year: 2026, includeProdenvBreakdown: true }), 403, /There is no billing here/) },
  systemPolicies: { list: () => forbidden(systemPolicies.list({ permissionType: "global", scopeType: "account" }), noPolicy) },
  roles: allRoles,
  customPolicies: {
    list: () => forbidden(customPolicies.list({ scopeType: "account", enabled: true }), noPolicy),
    create: () => forbidden(customPolicies.create(policy), noPolicy),
    get: () => forbidden(customPolicies.get({ policyId: "1" }), noPolicy),
    update: () => forbidden(customPolicies.update({ policyId: "1", updateCustomPolicy: policy }), noPolicy),
    delete: () => forbidden(customPolicies.delete({ policyId: "1" }), noPolicy),
  },
  effectivePolicies: { list: () => forbidden(effectivePolicies.list({ scopeType: "account", principalType: "user", principalId: ann.id }), noPolicy) },
  principals: allPrincipals,
  public: {
    getCatalog: () => refused(client.public.getCatalog(), 403, noPolicy, undocumented),
    getSchema: () => refused(client.public.getSchema(), 403, noPolicy, undocumented),
    validatePolicy: () => refused(client.public.validatePolicy({ policy: policy.policyStatement }), 403, noPolicy, undocumented),
  },
};

const resources = Object.entries(Object.getOwnPropertyDescriptors(CldProvisioning.prototype)).filter(([, descriptor]) => descriptor.get).map(([name]) => ({
  name, cases: cases[name] ?? {}, known: Object.getOwnPropertyNames(Object.getPrototypeOf(client[name])).filter((method) => method !== "constructor"),
}));
resources.sort((a, b) => Object.keys(cases).indexOf(a.name) - Object.keys(cases).indexOf(b.name));
process.exit((await run(resources)) ? 1 : 0);
