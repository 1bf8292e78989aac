"""Every small error that can be made in one place of a statement.

`mutants` gives them as (operator, before, after, the whole statement with the error in it). What
only sets the scene is left alone: imports, prints, plots, seeds, sizes, labels, tolerances.
"""

import ast
import copy
from collections.abc import Iterator

Variant = tuple[str, ast.AST]  # the operator and what it makes of a node
FLIPPED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARED = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
PAIRS = (
    ("sum", "mean"),
    ("reduce_sum", "reduce_mean"),
    ("max", "min"),
    ("maximum", "minimum"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("tril", "triu"),
    ("any", "all"),
)
SWAPPED = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
DROPPED = {
    *("exp", "log", "sqrt", "tanh", "abs", "sigmoid", "softplus", "relu", "square", "rsqrt"),
    *("log1p", "expm1", "log2", "sin", "cos", "cosh", "softmax", "log_softmax"),
}
TURNED = {"transpose", "swapaxes"}
WITH_AXIS = {"sum", "mean", "max", "min", "argmax", "softmax", "log_softmax", "logsumexp", "cumsum"}
MODULES = {"np", "torch", "tf", "keras", "F", "nn", "math", "scipy", "special"}
AXES = {"axis", "dim"}
KEPT = {"keepdims", "keepdim"}
LITERAL = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr, ast.ListComp)

# Calls that print or draw; nothing in them is a formula.
OUTPUT = {"print", "plot", "plt", "display", "exercise", "ax", "axes", "warnings", "logging"}
# Calls that draw test data or seeds; nothing in them is a formula either.
RANDOM = {
    *("default_rng", "manual_seed", "set_random_seed", "Generator", "normal", "uniform", "random"),
    *("integers", "choice", "permutation", "randn", "rand", "randint", "standard_normal", "seed"),
}
# Calls whose arguments are sizes.
SHAPES = {
    *("zeros", "ones", "empty", "eye", "reshape", "view", "expand", "permute", "Linear", "Conv2d"),
    *("ConvTranspose2d", "Embedding", "Dense", "unsqueeze", "squeeze", "split", "chunk", "islice"),
}
# Calls whose plain numbers are sizes or test points; what is computed there is a formula.
SIZES = {
    *("full", "arange", "range", "linspace", "geomspace", "logspace", "tile", "repeat", "array"),
    *("tensor", "constant", "round"),
}
SETTINGS = {
    *("tol", "scale", "near", "nearly_equal_at", "above", "below", "unit", "digits", "size"),
    *("shape", "dtype", "seed", "generator", "name", "label", "device", "requires_grad", "steps"),
}
CHECKS = ("equal", "gradient", "bound", "mean", "same_model", "claim")
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
CONTEXT = 70  # a mutant is shown with what is around it, up to so many characters


def is_check(node: ast.AST) -> bool:
    """Whether this is a call of check.equal and so on."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="check"), attr=attr)):
            return attr in CHECKS
    return False


def called(node: ast.Call) -> str:
    """The last name of what is called: "sum" for np.sum(x) and for x.sum()."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def root(node: ast.AST) -> str:
    """The first name of a.b.c(…).d."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_output(node: ast.AST) -> bool:
    """Whether this is a call that prints or draws."""
    return isinstance(node, ast.Call) and root(node) in OUTPUT


def mutants(
    statement: ast.stmt, parts: set[int] | None = None
) -> Iterator[tuple[str, str, str, ast.stmt]]:
    """The mutants of a statement; of a compound one only in the simple statements `parts` (ids)."""
    for path, places in _places(statement, (), parts):
        for operator, new in places:
            before, after = _shown(path, new)
            if before != after:
                node = copy.deepcopy(statement, {id(path[-1]): new})
                yield operator, before, after, ast.fix_missing_locations(node)


def _places(
    node: ast.AST, path: tuple[ast.AST, ...], parts: set[int] | None, numbers: bool = True
) -> Iterator[tuple[tuple[ast.AST, ...], list[Variant]]]:
    """Each node that may be changed, as the path to it, with its variants."""
    simple = isinstance(node, ast.stmt) and not hasattr(node, "body")
    if simple and parts is not None and id(node) not in parts:
        return
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return
    if is_output(node) or (isinstance(node, ast.Call) and called(node) in RANDOM):
        return
    path = (*path, node)
    inside_function = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
    yield path, list(_variants(node, path, numbers))
    for field, value in ast.iter_fields(node):
        if field in ("decorator_list", "args", "returns", "annotation") and inside_function:
            continue
        if field in ("target", "targets", "annotation"):
            continue
        known = numbers and not isinstance(node, ast.Subscript) and not _repeats(node)
        if isinstance(node, ast.Call) and (
            called(node) in SIZES or (called(node) in WITH_AXIS and _of_value(node))
        ):
            known = False
        if field in ("args", "keywords") and isinstance(node, ast.Call) and called(node) in SHAPES:
            continue
        children = value if isinstance(value, list) else [value]
        if field == "args" and is_check(node):
            children = children[1:]  # the number of the equation
        for child in children:
            if isinstance(child, ast.keyword):
                if child.arg in SETTINGS | AXES | KEPT:
                    continue
                child = child.value
            if isinstance(child, ast.AST):
                below = None if inside_function else parts
                yield from _places(child, path, below, known or _is_formula(child))


def _variants(node: ast.AST, path: tuple[ast.AST, ...], numbers: bool) -> Iterator[Variant]:
    parent = path[-2] if len(path) > 1 else None
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            if not _repeats(node):
                yield from _of_operation(left, op, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            if numbers:
                yield "minus dropped", operand
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if numbers and isinstance(parent, ast.BinOp | ast.Compare | ast.Call | ast.Return):
                yield "constant", ast.Constant(value + 1 if _whole(value) else _longer(value))
        case ast.Attribute(value=value, attr="T" | "mT"):
            yield "transpose removed", value
        case ast.Compare(left=left, ops=[op], comparators=sides) if type(op) in COMPARED:
            yield "comparison", ast.Compare(left, [COMPARED[type(op)]()], sides)
        case ast.Call():
            yield from _of_call(node)
        case ast.AugAssign(target=target, op=op, value=value):
            if type(op) in FLIPPED:
                yield "augmented", ast.AugAssign(target, FLIPPED[type(op)](), value)
            yield "statement dropped", ast.Pass()
        case ast.Assign(targets=[ast.Subscript()]):
            yield "statement dropped", ast.Pass()
    if isinstance(parent, ast.Return | ast.Lambda | ast.Assign) and _is_formula(node):
        yield "negated", ast.UnaryOp(ast.USub(), node)


def _of_operation(left: ast.expr, op: ast.operator, right: ast.expr) -> Iterator[Variant]:
    if type(op) in FLIPPED:
        yield f"{type(op).__name__} flipped", ast.BinOp(left, FLIPPED[type(op)](), right)
    match op:
        case ast.Add() | ast.Sub():
            alone = right if isinstance(op, ast.Add) else ast.UnaryOp(ast.USub(), right)
            yield "term dropped", alone
            yield "term dropped", left
        case ast.Mult() | ast.Div():
            inverse = ast.BinOp(ast.Constant(1), ast.Div(), right)
            yield "factor dropped", right if isinstance(op, ast.Mult) else inverse
            yield "factor dropped", left
        case ast.Pow():
            yield "power dropped", left
        case ast.MatMult():
            yield "product swapped", ast.BinOp(right, op, left)
            for side in (left, right):
                if isinstance(side, ast.Name | ast.Subscript) or (
                    isinstance(side, ast.Attribute) and side.attr not in ("T", "mT")
                ):
                    turned = ast.Attribute(side, "T", ast.Load())
                    pair = (turned, right) if side is left else (left, turned)
                    yield "transpose added", ast.BinOp(pair[0], op, pair[1])


def _of_call(node: ast.Call) -> Iterator[Variant]:
    name = called(node)
    method, of_value = isinstance(node.func, ast.Attribute), _of_value(node)
    inner = node.func.value if of_value else (node.args[0] if node.args else None)
    if name in SWAPPED and not is_check(node):
        other = SWAPPED[name]
        func = (
            ast.Attribute(node.func.value, other, ast.Load())
            if method
            else ast.Name(other, ast.Load())
        )
        if method or other != "mean":  # there is no mean() without a module
            yield f"{name} for {other}", ast.Call(func, node.args, node.keywords)
    if name in DROPPED and inner is not None:
        yield "function dropped", inner
    if name in TURNED and of_value:
        yield "transpose removed", inner
    if method and name in WITH_AXIS and len(node.args) == 1 and (axis := _axis(node.args[0])):
        yield "axis", ast.Call(node.func, [axis], node.keywords)
    for k, keyword in enumerate(node.keywords):
        if (value := _other_setting(keyword)) is not None:
            changed = [*node.keywords]
            changed[k] = ast.keyword(keyword.arg, value)
            yield keyword.arg, ast.Call(node.func, node.args, changed)


def _other_setting(keyword: ast.keyword) -> ast.expr | None:
    """Another axis, keepdims or reduction; None where the keyword is none of these."""
    match keyword:
        case ast.keyword(arg=arg, value=value) if arg in AXES:
            return _axis(value)
        case ast.keyword(arg=arg, value=ast.Constant(value=bool() as value)) if arg in KEPT:
            return ast.Constant(not value)
        case ast.keyword(arg="reduction", value=ast.Constant(value="sum" | "mean" as value)):
            return ast.Constant(SWAPPED[value])
    return None


def _axis(node: ast.expr) -> ast.expr | None:
    """Another axis than this constant one."""
    try:
        axis = ast.literal_eval(node)
    except ValueError:
        return None
    return ast.Constant(1 if axis == 0 else 0) if type(axis) is int else None


def _is_formula(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, (*FLIPPED, ast.Pow, ast.MatMult))
        and not isinstance(node.op, ast.BitAnd | ast.BitOr)
        and not _repeats(node)
    )


def _repeats(node: ast.AST) -> bool:
    """Whether it repeats or joins lists or texts, as [0] * 3."""
    return isinstance(node, ast.BinOp) and any(
        isinstance(side, LITERAL) or _is_text(side) for side in (node.left, node.right)
    )


def _of_value(node: ast.Call) -> bool:
    """Whether it is a method of a value, as x.sum(), not a function of a module, as np.sum(x)."""
    return isinstance(node.func, ast.Attribute) and root(node.func) not in MODULES


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _whole(value: float) -> bool:
    return isinstance(value, int) or value == 0


def _longer(value: float) -> float:
    """One and a half times a number, without the digits of rounding."""
    return float(f"{1.5 * value:.12g}")


def _shown(path: tuple[ast.AST, ...], new: ast.AST) -> tuple[str, str]:
    """Before and after, with as much around the place as fits a line."""
    shown = path[-1]
    for node in reversed(path):
        if not isinstance(node, (ast.expr, *SIMPLE)) or len(ast.unparse(node)) > CONTEXT:
            break
        shown = node
    changed = copy.deepcopy(shown, {id(path[-1]): new})
    lines = (ast.unparse(ast.fix_missing_locations(node)) for node in (shown, changed))
    before, after = (" ".join(line.split()) for line in lines)
    return before, "dropped" if isinstance(new, ast.Pass) else after
