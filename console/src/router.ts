// Addresses of pages: /<legal entity>/<month>/<page>[/<thing>].

import { useEffect, useState } from "preact/hooks";

export interface Place {
  entity: string;
  month: string;
  page: string;
  thing: string;
}

const CHANGED = "billproof:place";

/** Read a part of an address; what somebody mistyped stays as it is. */
function read(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function placeOf(path: string): Place {
  const [entity = "", month = "", page = "", thing = ""] = path.split("/").slice(1).map(read);
  return { entity, month, page, thing };
}

export function addressOf(place: Place): string {
  const parts = [place.entity, place.month, place.page, place.thing];
  while (parts.length && !parts[parts.length - 1]) parts.pop();
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

export function go(address: string): void {
  history.pushState(null, "", address);
  dispatchEvent(new Event(CHANGED));
}

export function replace(address: string): void {
  history.replaceState(null, "", address);
  dispatchEvent(new Event(CHANGED));
}

export function usePlace(): Place {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const look = () => setPath(location.pathname);
    addEventListener("popstate", look);
    addEventListener(CHANGED, look);
    return () => {
      removeEventListener("popstate", look);
      removeEventListener(CHANGED, look);
    };
  }, []);
  return placeOf(path);
}
