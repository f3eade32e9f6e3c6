// Prints a delivery path for everything that the official builder of URLs, @cloudinary/url-gen, can say about a picture: every
// action, every option of theirs, and every constant that it has for one. The constants are read from the package itself. One
// line each: the name, a tab, the transformation.
import * as A from '@cloudinary/url-gen/actions';
import * as Q from '@cloudinary/url-gen/qualifiers';
import {Transformation} from '@cloudinary/url-gen';
import {Compass} from '@cloudinary/url-gen/qualifiers/compass';
import {FocusOn} from '@cloudinary/url-gen/qualifiers/focusOn';
import {AutoFocus} from '@cloudinary/url-gen/qualifiers/autoFocus';
import {BlendMode} from '@cloudinary/url-gen/qualifiers/blendMode';
import {FontAntialias} from '@cloudinary/url-gen/qualifiers/FontAntialias';
import {Position} from '@cloudinary/url-gen/qualifiers/position';
import {TextStyle} from '@cloudinary/url-gen/qualifiers/textStyle';
import {TextFit} from '@cloudinary/url-gen/qualifiers/textFit';
import {Reshape} from '@cloudinary/url-gen/actions/reshape';
import {Conditional} from '@cloudinary/url-gen/actions/conditional';
import {Variable as V} from '@cloudinary/url-gen/actions/variable';

const {Resize: R, Effect: E, Adjust: J, Delivery: D, Overlay, Underlay, RoundCorners, Rotate, Border} = A;
const {Source: S, Gravity, Background, Region} = Q;
const written = new Map();

// say takes actions, or a whole Transformation.
function say(name, ...actions) {
  const whole = actions[0] instanceof Transformation ? actions[0] : actions.reduce((t, action) => t.addAction(action), new Transformation());
  const text = whole.toString();
  if (!written.has(text)) written.set(text, name);
}

// each calls use with every constant of a namespace of the package: its name, and its value or what the function gives.
function each(namespace, use) {
  for (const [name, constant] of Object.entries(namespace)) use(name, typeof constant === 'function' ? constant() : constant);
}

const nested = () => new Transformation().addTransformation('e_sepia');

// Sizes
for (const crop of Object.keys(R)) {
  const resize = (...size) => {
    const action = R[crop](...size);
    if (crop === 'fillPad' || crop === 'auto') action.gravity(Gravity.autoGravity());
    return action;
  };
  say(crop, resize(100, 150));
  say(`${crop} by a factor`, resize().width(0.5));
  say(`${crop} by expressions`, resize().width('iw_div_2').height('ih_mul_0.5'));
  say(`${crop} to a ratio`, resize().width(100).aspectRatio('16:9'));
  say(`${crop} to a decimal ratio`, resize().width(100).aspectRatio(1.5));
  each(Q.AspectRatio, (name, ratio) => say(`${crop} ${name}`, resize(100).aspectRatio(ratio)));
}
say('liquid', R.scale(100, 200).liquidRescaling());
each(Compass, (name, direction) => {
  say(`gravity ${name}`, R.fill(100, 100).gravity(Gravity.compass(direction)));
  say(`overlay ${name}`, Overlay.source(S.image('logo')).position(new Position().gravity(Gravity.compass(direction)).offsetX(10).offsetY(0.1)));
});
each(FocusOn, (name, on) => {
  say(`focus on ${name}`, R.fill(100, 100).gravity(Gravity.focusOn(on)));
  say(`auto focus on ${name}`, R.fill(100, 100).gravity(Gravity.autoGravity().autoFocus(AutoFocus.focusOn(on).weight(50))));
  say(`avoiding ${name}`, R.fill(100, 100).gravity(Gravity.autoGravity().autoFocus(AutoFocus.focusOn(on).avoid())));
});
say('coordinates', R.crop(100, 100).gravity(Gravity.xyCenter()).x(20).y(30));
say('offsets', R.crop(100, 100).gravity('north').x(0.2).y(-10));
say('zoom', R.thumbnail(100, 100).gravity('face').zoom(0.7));

// Backgrounds and colours
each(Background, (name, background) => name !== 'color' && say(`background ${name}`, R.pad(300, 100).background(background)));
each(Q.Color, (name, color) => say(`color ${name}`, R.pad(300, 100).background(Background.color(color))));
say('hexadecimal color', R.pad(300, 100).background(Background.color('#ff0080')));
say('blurred background', R.pad(300, 100).background(Background.blurred().intensity(100).brightness(30)));
each(Q.GradientDirection, (name, direction) => {
  say(`border gradient ${name}`, R.pad(300, 100).background(
    Background.borderGradient().contrast().gradientColors(4).gradientDirection(direction).palette('red', 'green', 'blue')));
  say(`predominant gradient ${name}`, R.pad(300, 100).background(
    Background.predominantGradient().contrast().gradientColors(2).gradientDirection(direction).palette('red', 'green')));
});
say('palette', R.pad(300, 100).background(Background.predominant().contrast().palette('red', '00ff00')));

// Adjustments and effects
for (const name of ['brightness', 'opacity', 'red', 'sharpen', 'saturation', 'contrast', 'gamma', 'green', 'blue', 'brightnessHSB', 'hue',
  'autoBrightness', 'autoColor', 'autoContrast', 'vibrance', 'unsharpMask', 'opacityThreshold']) {
  if (name !== 'opacity') say(name, J[name]());
  say(`${name} 30`, J[name](30));
}
say('fill light', J.fillLight().blend(70).bias(20));
say('improve', J.improve());
each(Q.ImproveMode, (name, mode) => say(`improve ${name}`, J.improve().mode(mode).blend(30)));
say('viesus', J.viesusCorrect().noRedEye().skinSaturation(20));
say('replace a color', J.replaceColor('saddlebrown').tolerance(20).fromColor('#c0c0c0'));
say('recolor', J.recolor([[0.3, 0.7, 0.1], [0.3, 0.6, 0.1], [0.2, 0.5, 0.1]]));
say('recolor with alpha', J.recolor([[0.3, 0.7, 0.1, 0.3], [0.3, 0.6, 0.1, 0], [0.2, 0.5, 0.1, 1], [0, 0, 0, 1]]));
say('tint', J.tint('100:red:0p:blue:50p'));
say('tint by colors', J.tint('equalize:80:blue:blueviolet'));
for (const name of ['advancedRedEye', 'assistColorBlind', 'backgroundRemoval', 'blackwhite', 'blur', 'boomerang', 'cartoonify', 'colorize', 'deshake',
  'dither', 'enhance', 'generativeRestore', 'gradientFade', 'grayscale', 'loop', 'makeTransparent', 'negate', 'noise', 'oilPaint', 'outline',
  'pixelate', 'redEye', 'removeBackground', 'reverse', 'sepia', 'shadow', 'simulateColorBlind', 'trim', 'upscale', 'vectorize', 'vignette']) {
  say(name, E[name]());
}
for (const name of ['blur', 'colorize', 'makeTransparent', 'noise', 'oilPaint', 'pixelate', 'sepia', 'shadow', 'vignette']) say(`${name} 20`, E[name](20));
for (const name of ['blur', 'pixelate']) {
  say(`${name} faces`, E[name](10).region(Region.faces()));
  say(`${name} text`, E[name](10).region(Region.ocr()));
  say(`${name} a rectangle`, E[name](10).region(Region.rectangle(10, 20, 30, 40)));
}
say('black and white', E.blackwhite().threshold(40));
say('cartoon', E.cartoonify().lineStrength(70).colorReductionLevel(60));
say('black and white cartoon', E.cartoonify().blackwhite());
say('color blindness, seen', E.assistColorBlind().xray());
say('color blindness, striped', E.assistColorBlind().stripesStrength(10));
each(Q.SimulateColorBlind, (name, condition) => say(`color blindness ${name}`, E.simulateColorBlind().condition(condition)));
say('colorize', E.colorize(35, 'green'));
say('drop shadow', nested().addTransformation('e_make_transparent').addAction(E.dropShadow().azimuth(220).elevation(40).spread(20)));
say('gradient fade', E.gradientFade().type('symmetric_pad').strength(20).horizontalStartPoint(0.5).verticalStartPoint(0.2));
say('make a color transparent', E.makeTransparent(30).colorToReplace('red'));
each(Q.OutlineMode, (name, mode) => say(`outline ${name}`, E.outline().mode(mode).width(7).color('lightblue').blurLevel(10)));
say('remove a screen', E.removeBackground().screen().colorToRemove('green'));
say('shadow', E.shadow(50).color('green').offsetX(20).offsetY(-10));
say('theme', E.theme('black').photosensitivity(120));
say('trim to a color', E.trim().colorSimilarity(20).colorOverride('blue'));
say('vectorize', E.vectorize().cornersLevel(40).despeckleLevel(0.3).detailsLevel(0.5).numOfColors(3).paths(40));
each(Q.Dither, (name, pattern) => say(`dither ${name}`, E.dither(pattern)));
each(Q.ArtisticFilter, (name, filter) => say(`filter ${name}`, E.artisticFilter(filter)));
say('style transfer', E.styleTransfer(S.image('logo')).strength(60).preserveColor());
say('generative remove', E.generativeRemove().prompt('cat').detectMultiple());
say('generative replace', E.generativeReplace().from('a').to('b').preserveGeometry());
say('generative recolor', E.generativeRecolor('car', 'red'));
say('generative background', E.generativeBackgroundReplace().prompt('a beach'));
say('generative extract', E.extract('cat').detectMultiple().mode('mask').invert());

// Shape
say('rotate', Rotate.byAngle(35));
say('rotate back', Rotate.byAngle(-35));
each(Q.RotationMode, (name, mode) => say(`rotate ${name}`, Rotate.mode(mode)));
say('corners', RoundCorners.byRadius(10));
say('four corners', RoundCorners.byRadius(10, 20, 30, 40));
say('round', RoundCorners.max());
say('border', Border.solid(10, 'green'));
say('round border', Border.solid(5, 'red').roundCorners(RoundCorners.byRadius(20)));
say('trim', Reshape.trim().colorSimilarity(20).colorOverride('blue'));
say('arc', Reshape.distortArc(35));
say('distort', Reshape.distort([40, 25, 280, 60, 260, 155, 35, 165]));
say('shear', Reshape.shear(20, 10));
say('cut by an image', Reshape.cutByImage(S.image('logo')));

// Delivery
each(Q.Format, (name, format) => say(`format ${name}`, D.format(format)));
each(Q.Quality, (name, quality) => say(`quality ${name}`, D.quality(quality)));
each(Q.ChromaSubSampling, (name, sampling) => say(`sampling ${name}`, D.quality(80).chromaSubSampling(sampling)));
each(Q.ColorSpace, (name, space) => say(`color space ${name}`, D.format('jpg'), D.colorSpace(space)));
say('quantization', D.quality(80).quantization(70));
say('lossy', D.format('gif').lossy());
for (const progressive of ['steep', 'semi', 'none']) say(`progressive ${progressive}`, D.format('jpg').progressive(progressive));
say('animated', D.format(Q.Format.auto()).animated?.() ?? D.format('auto'));
for (const dpr of [2, 1.5, 'auto']) say(`dpr ${dpr}`, D.dpr(dpr));
say('density', D.density(150));
say('default image', D.defaultImage('logo.png'));

// Variables and conditions
say('a variable', V.set('size', 200), R.scale('$size'));
say('a text in a variable', V.set('name', 'abc def'));
say('a list in a variable', V.set('list', ['a', 'b']));
say('an expression', V.set('wide', Q.Expression.expression('width / 2 + 30')), R.scale(Q.Expression.expression('$wide * 2')));
say('an integer', V.set('n', 10).asInteger());
say('a number', V.set('n', '10.5').asFloat());
say('an asset', V.setAssetReference('img', 'logo'));
for (const condition of ['width > 200', 'height < 100', 'ar >= 1.0 && fc > 0', 'face_count >= 1', 'initial_width > 10', 'initial_height != 3',
  'initial_aspect_ratio > 1', 'page_count > 1', 'width * 2 < initial_width', 'width / 2 > 3 || height < 4', 'width ^ 2 > 3']) {
  say(`if ${condition}`, new Transformation().conditional(Conditional.ifCondition(condition, nested()).otherwise(new Transformation().resize(R.scale(50)))));
}

// Layers
for (const [place, layer] of [['overlay', Overlay], ['underlay', Underlay]]) {
  say(place, layer.source(S.image('logo')));
  say(`${place} in a format`, layer.source(S.image('logo').format('png')));
  say(`transformed ${place}`, layer.source(S.image('logo').transformation(new Transformation().resize(R.scale(50)).effect(E.sepia()))));
  say(`tiled ${place}`, layer.source(S.image('logo').transformation(new Transformation().resize(R.scale(20)))).position(new Position().tiled()));
  say(`clipped ${place}`, layer.source(S.image('logo')).position(new Position().allowOverflow(false)));
  each(BlendMode, (name, mode) => say(`${place} ${name}`, layer.source(S.image('logo')).blendMode(mode)));
}
const text = (style, words = 'Hi') => Overlay.source(S.text(words, style));
const arial = () => new TextStyle('Arial', 20);
say('text', text(arial(), 'Hello, World! A/B & "C" é 😀'));
say('styled text', Overlay.source(S.text('Hello', new TextStyle('Roboto', 40).fontWeight('bold').fontStyle('italic').textDecoration('underline')
  .textAlignment('center').letterSpacing(10).lineSpacing(5)).textColor('red').backgroundColor('blue')));
say('outlined text', text(arial().stroke(Q.Stroke.solid(3, 'red'))));
say('a style in words', text('Arial_20_bold'));
say('fitted text', Overlay.source(S.text('a text of many words', arial()).textFit(TextFit.size(100, 60))));
each(Q.TextAlignment, (name, value) => say(`text ${name}`, text(arial().textAlignment(value))));
each(Q.TextDecoration, (name, value) => say(`text ${name}`, text(arial().textDecoration(value))));
each(Q.FontWeight, (name, value) => say(`text ${name}`, text(arial().fontWeight(value))));
each(Q.FontStyle, (name, value) => say(`text ${name}`, text(arial().fontStyle(value))));
each(Q.FontHinting, (name, value) => say(`hinting ${name}`, text(arial().fontHinting(value))));
each(FontAntialias, (name, value) => say(`antialias ${name}`, text(arial().fontAntialias(value))));

for (const [transformation, name] of written) console.log(`${name}\t${encodeURI(transformation).replaceAll("%25", "%")}`);
