// Uploads a picture with the official npm SDK and fetches a transformed one, knowing nothing but CLOUDINARY_URL.
//
//   node upload-and-fetch.mjs PICTURE PUBLIC_ID TRANSFORMATION OUTPUT
//
// Prints one line of JSON: what the upload answered, the URL that the SDK built, and what the delivery answered.
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { v2 as cloudinary } from "cloudinary";

const [picture, publicId, transformation, output] = process.argv.slice(2);

const uploaded = await cloudinary.uploader.upload(picture, { public_id: publicId, tags: ["npm", "e2e"] });
// This SDK reads `secure` from its options alone, never from CLOUDINARY_URL; inside a cluster delivery is plain HTTP.
const url = cloudinary.url(publicId, { raw_transformation: transformation, format: "png", secure: false });
const response = await fetch(url);
const body = Buffer.from(await response.arrayBuffer());
if (output) await writeFile(output, body);

const ping = await cloudinary.api.ping();
const listed = await cloudinary.api.resources({ type: "upload", prefix: publicId });
console.log(
  JSON.stringify({
    publicId: uploaded.public_id,
    width: uploaded.width,
    height: uploaded.height,
    signature: uploaded.signature,
    verified: cloudinary.utils.verify_api_response_signature(uploaded.public_id, uploaded.version, uploaded.signature),
    url,
    status: response.status,
    error: response.headers.get("x-cld-error"),
    contentType: response.headers.get("content-type"),
    etag: response.headers.get("etag"),
    md5: createHash("md5").update(body).digest("hex"),
    ping: ping.status,
    listed: listed.resources.map((resource) => resource.public_id),
  }),
);
