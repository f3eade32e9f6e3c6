// Drives the Provisioning API with the official npm SDK, knowing nothing but CLOUDINARY_ACCOUNT_URL, and CLOUDINARY_URL for
// where the API is. Prints one line of JSON: what each call answered, by its name. A call that is refused shows as its error.
import { v2 as cloudinary } from "cloudinary";

const { account } = cloudinary.provisioning;
const answers = {};
async function call(name, promise) {
  try {
    answers[name] = await promise;
  } catch (refused) {
    const { message, http_code } = refused.error ?? refused;
    answers[name] = { refused: message, status: http_code };
  }
  return answers[name];
}

const made = await call("create", account.create_sub_account("Spring shop", "spring-shop", { team: "web" }, true));
await call("createTaken", account.create_sub_account("Other shop", "spring-shop"));
await call("createNamesake", account.create_sub_account("Spring shop"));
await call("createDisabled", account.create_sub_account("Asleep", undefined, undefined, false));
await call("createNameless", account.create_sub_account(undefined, "nameless"));
const copied = await call("createLike", account.create_sub_account("Autumn shop", undefined, {}, true, made.id));
await call("list", account.sub_accounts(true, [], "spring"));
await call("listIDs", account.sub_accounts(undefined, [made.id, copied.id]));
await call("listDisabled", account.sub_accounts(false));
await call("show", account.sub_account(made.id));
await call("showMissing", account.sub_account("00000000000000000000000000000000"));
await call("update", account.update_sub_account(made.id, "Summer shop", "summer-shop", { team: "app" }));
await call("delete", account.delete_sub_account(copied.id));
await call("showDeleted", account.sub_account(copied.id));

const key = await call("generateKey", account.generate_access_key(made.id, { name: "mobile", enabled: false }));
await call("keys", account.access_keys(made.id, { page_size: 1, sort_by: "name", sort_order: "desc" }));
await call("keysMissorted", account.access_keys(made.id, { sort_by: "colour" }));
await call("updateKey", account.update_access_key(made.id, key.api_key, { name: "tablet", enabled: true }));
await call("dedicateKey", account.update_access_key(made.id, key.api_key, { dedicated_for: "webhooks" }));
await call("dedicateKeyOtherwise", account.update_access_key(made.id, key.api_key, { dedicated_for: "sms" }));
await call("deleteKeyByName", account.delete_access_key_by_name(made.id, { name: "tablet" }));
await call("deleteKeyMissing", account.delete_access_key(made.id, key.api_key));

const users = await call("users", account.users());
await call("user", account.user(users.users?.[0]?.id));
await call("usersByPrefix", account.users(undefined, [], "ann"));
await call("usersPending", account.users(true));
await call("createUser", account.create_user("Bob", "bob@example.com", "admin"));
await call("updateUser", account.update_user("1", "Bob"));
await call("deleteUser", account.delete_user("1"));
const groups = await call("groups", account.user_groups());
await call("group", account.user_group(groups.user_groups?.[0]?.id));
await call("groupUsers", account.user_group_users(groups.user_groups?.[0]?.id));
await call("createGroup", account.create_user_group("testers"));
await call("updateGroup", account.update_user_group("1", "testers"));
await call("addToGroup", account.add_user_to_group("1", "2"));
await call("wrongSecret", account.sub_accounts(undefined, [], undefined, { provisioning_api_secret: "wrong" }));
await call("wrongAccount", account.sub_accounts(undefined, [], undefined, { account_id: "another" }));
console.log(JSON.stringify(answers));
