// Package typeset sets text by Pango and paints it by Cairo: text and a style in, pixels out. Fonts are those that
// fontconfig finds on the machine, and fonts that come as bytes. Like the decoders it is linked by the engine only, and
// runs in the sandbox: everything that is opened by name lies in folders that a confined child may read.
package typeset
