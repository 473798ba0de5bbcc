package com.example;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.authority.mapping.GrantedAuthoritiesMapper;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.core.oidc.user.OidcUserAuthority;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application that signs people in with Spring Security and shows their claims. */
@SpringBootApplication
@RestController
public class RelyingParty {
  public static void main(String[] arguments) {
    SpringApplication.run(RelyingParty.class, arguments);
  }

  @GetMapping("/")
  Map<String, Object> claims(@AuthenticationPrincipal OidcUser user, Authentication authentication) {
    return Map.of(
        "idToken", user.getIdToken().getClaims(),
        "userinfo", user.getUserInfo().getClaims(),
        "name", authentication.getName(),
        "roles", authentication.getAuthorities().stream().map(GrantedAuthority::getAuthority).toList());
  }

  @GetMapping("/signed-out")
  String signedOut() {
    return "signed out";
  }

  @Bean
  GrantedAuthoritiesMapper rolesOfGroups() {
    return (authorities) -> {
      Set<GrantedAuthority> mapped = new HashSet<>(authorities);
      for (GrantedAuthority authority : authorities) {
        if (!(authority instanceof OidcUserAuthority user)) continue;
        List<String> groups = user.getIdToken().getClaimAsStringList("groups");
        if (groups != null && groups.contains("department:2")) {
          mapped.add(new SimpleGrantedAuthority("ROLE_ENGINEER"));
        }
      }
      return mapped;
    };
  }
}
