"""Calls of an OpenAPI document, and whether the answers are what it says that they are."""

from urllib.parse import quote

TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
         "object": dict, "null": type(None)}
REQUIRED = {"interval": "0.1", "dag_id": "d"}  # what queries must hold


def address(path, operation, names):
    """The path with names in it, those that are not given being nobody's, and the query that it needs."""
    query = []
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "path":
            nobody = 10**9 if parameter["schema"]["type"] == "integer" else "nobody"
            path = path.replace("{" + name + "}", quote(str(names.get(name, nobody)), safe=""))
        elif parameter["required"]:
            query.append(f"{name}={REQUIRED[name]}")
    return path + "?" + "&".join(query)


def mismatches(openapi, schema, value, place="$"):
    """What is wrong, each with its place; empty when nothing is."""
    if "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        tried = [mismatches(openapi, one, value, place) for one in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{place} is no {kind}: {value!r}"]
    if kind == "array":
        return [wrong for i, one in enumerate(value)
                for wrong in mismatches(openapi, schema.get("items", {}), one, f"{place}[{i}]")]
    if kind != "object":
        return []
    fields = schema.get("properties", {})
    wrong = [f"{place}.{name} is missing" for name in schema.get("required", []) if name not in value]
    if schema.get("additionalProperties") is False:
        wrong += [f"{place}.{name} is not described" for name in value if name not in fields]
    for name in fields.keys() & value.keys():
        wrong += mismatches(openapi, fields[name], value[name], f"{place}.{name}")
    return wrong
